// The field above a long page: it hides each row or section without the words that are typed. A field with `data-rows` is for all
// rows of all tables, each together with the heading above it.
for (const input of document.querySelectorAll("input.filter")) {
  const field = input.closest("p");
  // All that follows the field, in order: headings, paragraphs, tables.
  const blocks = [];
  for (let next = field.nextElementSibling; next; next = next.nextElementSibling) blocks.push(next);
  const below = (selector) => blocks.flatMap((block) => [block, ...block.querySelectorAll("*")].filter((part) => part.matches(selector)));
  const sections = below("h3").map((head) => {
    const parts = [head];
    for (let next = head.nextElementSibling; next && !/^H[1-3]$/.test(next.tagName); next = next.nextElementSibling)
      parts.push(next);
    return { parts, counts: true };
  });
  const rowsOnly = "rows" in field.dataset;
  const named = below(rowsOnly ? "tbody tr" : "td a.place");
  const rows = named.map((part) => ({ parts: [part.closest("tr")], counts: true }));
  // Folded examples of what the rows name.
  const folded = below("details").map((part) => ({ parts: [part], counts: false }));
  const entries = sections.length && !rowsOnly ? sections : [...rows, ...folded];
  const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
  const level = (block) => Number(/^H([23])$/.exec(block.tagName)?.[1] ?? 0);
  for (const entry of entries) {
    const head = rowsOnly ? blocks.filter((block) => level(block) && follows(block, entry.parts[0])).slice(-1) : [];
    entry.text = [...head, ...entry.parts].map((part) => part.textContent).join(" ").toLowerCase();
  }
  // Every other block is shown with the entries that are inside of it; a heading with those below it.
  const taken = new Set(entries.flatMap((entry) => entry.parts));
  const others = blocks.filter((block) => !taken.has(block)).map((block) => {
    const ends = (next) => level(next) && level(next) <= level(block);
    const end = level(block) && blocks.slice(blocks.indexOf(block) + 1).find(ends);
    const has = ({ parts: [first] }) =>
      end === 0 ? block.contains(first) : follows(block, first) && (!end || follows(first, end));
    return { block, members: entries.filter(has) };
  });
  const said = field.querySelector("output");
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const entry of entries) {
      entry.shown = words.every((word) => entry.text.includes(word));
      for (const part of entry.parts) part.hidden = !entry.shown;
    }
    for (const { block, members } of others)
      block.hidden = words.length > 0 && !members.some((entry) => entry.shown);
    const counted = entries.filter((entry) => entry.counts);
    const count = counted.filter((entry) => entry.shown).length;
    const hint = count ? "" : ": no entry has all these words. Try one word, or a part of a name.";
    said.textContent = words.length ? `${count} of ${counted.length}${hint}` : "";
  };
  input.addEventListener("input", filter);
  // A link to a section opens its example.
  const open = () => {
    const section = sections.find(({ parts: [head] }) => head.id === decodeURIComponent(location.hash.slice(1)));
    for (const part of section?.parts ?? []) if (part.matches("details.example")) part.open = true;
  };
  open();
  // A link to what is hidden shows everything again.
  addEventListener("hashchange", () => { input.value = ""; filter(); open(); });
}
