"""`tools/guide.py`: the whole site, read as files. How it looks is for tests/system/browser."""

from __future__ import annotations

import html
import json
import re
import shutil
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import click
import pytest

from drs_sync_policy import codes, contract
from drs_sync_policy.cli import main
from drs_sync_policy.fuzz.target import profile
from tests.html import Reader
from tools import diagrams, guide, pages, slim, staging
from tools.release.readme import cloning, described, installing

pytestmark = pytest.mark.first

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / "zensical.toml").read_text("utf-8"))


def _nav(entries: list[Any]) -> Iterator[str]:
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from _nav(target)


def test_every_page_is_in_the_navigation(site: Path) -> None:
    """A page that no menu leads to would be found by nobody."""
    listed = list(_nav(CONFIG["project"]["nav"]))
    docs = ROOT / "docs"
    written = {path.relative_to(docs).as_posix() for path in docs.rglob("*.md")}
    made = {*guide.MADE, "reference/index.html"}
    assert sorted(listed) == sorted((written | made) - {"reference/README.md"})
    for page in listed:
        assert (site / page.replace("README", "index")).with_suffix(".html").is_file()


def test_no_page_fetches_anything_from_elsewhere(site: Path) -> None:
    """Scripts, styles and pictures come from the site itself, so that it works offline."""
    html = sorted(site.rglob("*.html"))
    assert len(html) > 15
    for path in html:
        fetched = [url for url in Reader(path.read_text("utf-8")).fetched if url[:5] != "data:"]
        assert [url for url in fetched if re.match(r"[a-z]+:|//", url)] == []
        missing = [url for url in fetched if path.name != "404.html" and not _there(path, url)]
        assert missing == [], path.name


def test_every_link_of_the_site_leads_somewhere(site: Path) -> None:
    """The site hangs together by itself: no link leads to a page that only the clone has."""
    for path in sorted(site.rglob("*.html")):
        links = [unquote(url) for url in Reader(path.read_text("utf-8")).links]
        local = [url for url in links if not re.match(r"[a-z]+:|//|#|/", url)]
        missing = [url for url in local if path.name != "404.html" and not _there(path, url)]
        assert missing == [], path.name


def test_no_list_of_a_page_is_broken(site: Path) -> None:
    """A list that is indented too little becomes a paragraph that begins with a number."""
    for path in sorted(site.glob("*.html")):
        article = path.read_text("utf-8").partition("<article")[2]
        assert article or path.name == "404.html", path.name
        text = re.sub(r"<pre.*?</pre>", "", article, flags=re.DOTALL)
        assert re.findall(r"<p>(?:\d+\.|[-*]) .*|^(?:\d+\.|[-*]) .*", text, re.MULTILINE) == [], (
            path.name
        )


def _there(page: Path, url: str) -> bool:
    return (page.parent / url.split("#")[0].split("?")[0]).exists()


def test_the_links_of_the_readme_on_a_package_index_lead_to_the_site(site: Path) -> None:
    """Where the address is known; the sources of this project are not on the site."""
    shown = described((ROOT / "README.md").read_text("utf-8"), "https://docs.example.org/drs/")
    links = re.findall(r"\]\(([^)]+)\)", shown)
    places = [link.removeprefix("https://docs.example.org/drs/") for link in links]
    assert len(places) > 10
    assert [place for place in places if not _there(site / "index.html", place)] == []
    assert "CONTRIBUTING.md has" in shown


def test_each_cell_has_the_name_of_its_column(site: Path) -> None:
    """For phones, which show a row as a block; the first cell is the row's name."""
    names = {"", "Status", "Text", "What it means", "What to do", "A request that shows it"}
    tools = {
        "",
        "This project",
        "Prism",
        "Specmatic",
        "schemathesis",
        "Huawei Cloud's SDK",
    }
    for name, expected in (
        ("faults", {"", "Faults", "What is wrong", "What the sandbox does", "Violates"}),
        ("comparison", tools),
        ("errors", names),
    ):
        text = (site / f"{name}.html").read_text("utf-8")
        rows = re.findall(r"<tr>\s*(<td.*?)</tr>", text, re.DOTALL)
        assert len(rows) > 4
        found = [re.findall(r'<td(?: data-label="([^"]*)")?', row) for row in rows]
        assert {labels[0] for labels in found} == {""}
        assert {label for labels in found for label in labels} <= expected
        assert all(all(labels[1:]) for labels in found)


def test_a_name_in_a_table_links_to_itself(site: Path) -> None:
    """So that a reader can copy the address of a fault, a field, a code or an option."""
    for page, name in (("faults", "answers-202"), ("fields", "SyncPolicyReq.job_id")):
        text = (site / f"{page}.html").read_text("utf-8")
        assert f'<a class="place" href="#{name}"><code id="{name}">' in text


def test_each_entry_of_a_target_profile_has_a_place(site: Path) -> None:
    """In the table that says most; a line of the profile's schema can be linked to."""
    text = (site / "target.html").read_text("utf-8")
    tables = profile.schema()["properties"]
    names = {*tables["target"]["properties"], *tables["readback"]["properties"]}
    assert len(names) > 20
    assert {n for n in names if text.count(f'<a class="place" href="#{n}">') != 1} == set()
    assert text.index('id="start"') > text.index('id="start-the-server"')


def test_the_lines_that_differ_are_marked(site: Path) -> None:
    """In the response that passes and in the one that fails."""
    text = (site / "faults.html").read_text("utf-8")
    lines = re.findall(r'class="hll">(.*)', text[: text.index("There are ")])
    assert [re.sub(r"<[^>]*>", "", line).strip() for line in lines] == ['"count": 1', '"count": 2']


def test_a_page_loses_comments_and_space_and_no_code() -> None:
    """What a browser shows as one space is one, or the end of a line; code stays as it is."""
    code = "<pre><code>a\n\n  b <!-- c --></code></pre>"
    script = "<script>\n\n  x\n</script>"
    page = f"\n<p>one   two\n\n  three</p><!-- d\n -->  {code}\n  \n{script} \n <i>e</i>"
    assert slim.collapsed(page) == f"<p>one two\nthree</p> {code}\n{script}\n<i>e</i>"


def test_every_style_is_local(site: Path) -> None:
    """No style sheet imports a font or a picture from a server."""
    for path in site.rglob("*.css"):
        urls = re.findall(r"url\((?!['\"]?data:)['\"]?([^)'\"]*)", path.read_text("utf-8"))
        assert [url for url in urls if re.match(r"[a-z]+:|//", url)] == []


def test_the_error_page_has_every_code(site: Path) -> None:
    """Each row with both texts, meaning and remedy, below an anchor of the code's own."""
    made = pages.errors()
    for row in codes.all_codes():
        for text in (row.en, row.zh, row.meaning, row.remedy):
            assert text in made
    assert made.count("*(our translation)*") == sum(r.zh_by == "ours" for r in codes.all_codes())
    html = (site / "errors.html").read_text("utf-8")
    for row in codes.all_codes():
        assert f'id="{pages.anchor(row.code)}"' in html
        assert f'id="{row.code}"' in html
        assert f'<span lang="zh-Hans">{row.zh}</span>' in made


def test_the_rules_page_has_every_rule(site: Path) -> None:
    """Each with its statement, its origin, and a link to the decisions that it names."""
    html = (site / "rules.html").read_text("utf-8")
    decisions = (site / "decisions.html").read_text("utf-8")
    made = pages.rules()
    for rule in contract.load().rules:
        assert f'id="{rule.id}"' in html
        assert rule.statement in made
    linked = set(re.findall(r"decisions\.html#(decision-\d+)", html))
    assert linked
    assert {name for name in linked if f'id="{name}"' not in decisions} == set()


def test_the_fields_page_says_the_bounds_of_each_field(site: Path) -> None:
    """A reader learns there what is too long, and what a text must match."""
    made = pages.fields()
    shown = (site / "fields.html").read_text("utf-8")
    for edition in contract.editions():
        loaded = contract.load(edition)
        schemas = loaded.document["components"]["schemas"].values()
        found = [s for schema in schemas for s in schema.get("properties", {}).values()]
        for field in map(loaded.resolve, found):
            if "maxLength" in field:
                assert f"At most {field['maxLength']} characters." in made
            if "pattern" in field:
                code = html.escape(field["pattern"], quote=False)
                assert f"Matches <code>{code}</code>." in shown


def test_the_command_page_has_what_help_says(site: Path) -> None:
    """Every verb stands there with its usage, its text, its examples and its options."""
    made, shown = pages.command(), (site / "cli.html").read_text("utf-8")
    verbs = main.list_commands(click.Context(main))
    assert len(verbs) > 3
    for name in verbs:
        verb = main.get_command(click.Context(main), name)
        assert verb is not None
        assert f"## drs-sync-policy {name} " in made
        assert f"Usage: drs-sync-policy {name} " in made
        assert verb.get_short_help_str(200) in made
        for option in verb.params:
            if isinstance(option, click.Option) and option.get_help_record(
                click.Context(verb, **main.context_settings)
            ):
                assert f'id="drs-sync-policy-{name}{option.opts[-1]}"' in shown
    assert made.count("```sh\n# ") >= 5


def test_a_type_in_a_signature_links_to_its_class(site: Path) -> None:
    """And the place that it leads to is there."""
    text = (site / "api.html").read_text("utf-8")
    blocks = re.findall(r'<div class="no-copy highlight">.*?</div>', text, re.DOTALL)
    places = dict(re.findall(r'<a href="#([\w.]+)">(\w+)</a>', "".join(blocks)))
    assert places["drs_sync_policy.Timeouts"] == "Timeouts"
    assert [place for place in places if f'id="{place}"' not in text] == []


def test_every_page_has_a_description_of_its_own(site: Path) -> None:
    """Search engines and `llms.txt` show what a page is about."""
    pages = sorted(page for page in site.glob("*.html") if page.name != "404.html")
    found = [re.search(r'<meta name="description" content="([^"]+)"', _text(p)) for p in pages]
    described = [match[1] for match in found if match]
    assert len(set(described)) == len(pages)
    assert (site / "llms.txt").read_text("utf-8").count("\n- [") == len(pages) + 1


def _text(path: Path) -> str:
    return path.read_text("utf-8")


def test_a_command_and_its_output_are_two_blocks() -> None:
    """What is copied is the command, without its prompt."""
    block = "```console\n$ a \\\n  b # exit 1\nc\n$ d\n$ e '\nf'\n```"
    assert staging.staged(f"# T\n\n{block}", guide.DOCS) == (
        "# T\n\n```sh\na \\\n  b\n```\n\n```{ .text .no-copy .output }\nc\n```\n\n"
        "```sh\nd\ne '\nf'\n```"
    )


def test_one_setting_names_the_published_package() -> None:
    """Until there is one, the pages install from a clone."""
    text = "Run `pip install '.[cli]'` in a clone, or `pip install .`."
    assert installing(text, "") == text
    named = "Run `pip install 'name[cli]'`, or `pip install 'name'`."
    assert installing(text, "name") == named
    published = installing('pipx install "drs-sync-policy[cli] @ git+https://git.example.org/'
                           'drs-sync-policy"', "name")  # fmt: skip
    assert published == 'pipx install "name[cli]"'


def test_no_example_installs_a_name_that_is_not_ours() -> None:
    """As copied, an example fails, because no host has this address; a published site knows it."""
    text = (guide.DOCS / "recipes.md").read_text("utf-8")
    installs = re.findall(r"^ +- (?:run: )?(pipx? install .*)$", text, re.MULTILINE)
    address = "https://git.example.org/drs-sync-policy"
    assert installs
    for line in installs:
        assert re.fullmatch(rf'pipx? install "drs-sync-policy\[\w+\] @ git\+{address}"', line)
        assert "@ git+https://a/b" in cloning(line, "https://a/b")
    assert f"git+{address}" not in cloning(text, "https://a/b")


def test_a_docstring_leads_to_the_guide(site: Path) -> None:
    """The page that a docstring names is a link on the page."""
    assert '<a href="settings.html">Settings</a> of the guide' in (site / "api.html").read_text(
        "utf-8"
    )


@pytest.mark.parametrize("name", guide.NEEDS)
def test_a_site_to_publish_needs_its_addresses(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is built; the error says what a reader of the site would miss, and what to set."""
    for needed in guide.NEEDS:
        monkeypatch.setenv(needed, "https://a.example")
    monkeypatch.delenv(name)
    monkeypatch.setattr("sys.argv", ["guide", "--publish"])
    with pytest.raises(SystemExit, match=f"^error: without {name}, the site lacks [^\\n]*$"):
        guide.main()


def test_a_site_that_knows_no_repository_says_where_the_code_is(site: Path) -> None:
    """Its reader has no address to clone from, but somebody has the folder."""
    assert guide.HERE in html.unescape(
        re.sub(r"<[^>]*>", "", (site / "index.html").read_text("utf-8"))
    )


def test_one_setting_names_the_repository() -> None:
    """Until there is one, no page shows a clone command, which would fail when it is pasted."""
    text = "$ cd drs-sync-policy  # your clone\n$ make demo\n"
    assert cloning(text, "") == text
    cloned = "$ git clone https://a/b drs-sync-policy && cd drs-sync-policy\n$ make demo\n"
    assert cloning(text, "https://a/b") == cloned
    for page in (ROOT / "README.md", ROOT / "docs" / "index.md"):
        assert "git clone https://a/b" in cloning(page.read_text("utf-8"), "https://a/b")
        assert "git clone" not in page.read_text("utf-8")


def test_the_first_page_has_the_figures_of_the_page_of_performance() -> None:
    """With the same words: nobody measures twice, and nobody reads two versions."""
    index, performance = (
        re.sub(r"\(performance\.md#", "(#", (guide.DOCS / name).read_text("utf-8"))
        for name in ("index.md", "performance.md")
    )
    table = re.search(r"^\| \| This project \| Other \|\n(?:\|.*\n)+", index, re.MULTILINE)
    assert table
    assert table[0] in performance


def test_the_diagrams_are_what_their_sources_say() -> None:
    """A diagram is drawn from its text source, never edited."""
    assert diagrams.stale() == []


def test_the_search_index_knows_fields_and_codes(site: Path) -> None:
    """What people look for is in the index that the browser searches."""
    index = (site / "search.json").read_text("utf-8")
    for word in ("DRS.M00304", "conflict_policy", "count-equals-results", "X-Auth-Token"):
        assert word in index


def test_the_search_tells_the_options_of_one_name_apart(site: Path) -> None:
    """Each result says whose option it is."""
    items = json.loads((site / "search.json").read_text("utf-8"))["items"]
    for name, whose in (("--verbose", "Report options"), ("--format", "drs-sync-policy apply")):
        shown = [item["path"] for item in items if item["title"] == name]
        assert len(shown) > 1
        assert len({tuple(path) for path in shown}) == len(shown)
        assert ["The tools", "Command reference", whose] in shown


@pytest.mark.parametrize("name", ["errors.md", "reference/README.md"])
def test_a_page_in_the_place_of_a_made_one_is_refused(name: str, tmp_path: Path) -> None:
    """Nobody's text is overwritten by a page that is made from data."""
    docs = tmp_path / "docs"
    shutil.copytree(guide.DOCS, docs)
    (docs / name).write_text("# Mine\n")
    with pytest.raises(SystemExit, match=rf"docs/{name} is in the way"):
        guide.build(tmp_path / "site", docs=docs)


@pytest.mark.parametrize("page", ["rules", "errors"])
def test_a_link_to_a_rule_or_a_code_leads_to_it_in_a_clone(page: str) -> None:
    """Also on a code host, where nobody has run `make docs`."""
    text = (guide.DOCS / f"{page}.md").read_text("utf-8")
    places = {*re.findall(r"^## (.+)$", text, re.MULTILINE), *re.findall(r'<a id="(.+?)">', text)}
    sources = [*guide.DOCS.glob("*.md"), ROOT / "README.md"]
    link = re.compile(rf"\((?:docs/)?{page}\.md#([^)]+)\)")
    linked = {place for source in sources for place in link.findall(source.read_text("utf-8"))}
    assert linked
    assert linked <= places


@pytest.mark.parametrize("name", [*guide.MADE, "reference/README.md"])
def test_a_made_page_has_a_stand_in(name: str, site: Path) -> None:
    """Who reads the docs in a clone learns what the page is, and how to have it; no site has it."""
    text = (ROOT / "docs" / name).read_text("utf-8")
    assert text.startswith(f"{guide.STAND_IN}\n# ")
    html = name.replace("README", "index").replace(".md", ".html")
    assert f"Run `make docs` and open `site/{html}`" in " ".join(text.split())
    page = (site / html).read_text("utf-8")
    assert "This page is a placeholder" not in page
    assert text.splitlines()[1].removeprefix("# ") in page
