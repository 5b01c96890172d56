"""What our templates need of the generator: its names, and the attributes of its parser."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from drs_sync_policy import contract
from tools.documents import CONTRACT, read_document
from tools.editions import client_contract
from tools.generator_names import class_name, function_name
from tools.show_overrides import TEMPLATES
from tools.template_facts import facts_as_jinja

if TYPE_CHECKING:
    from openapi_python_client.parser import GeneratorData


@pytest.fixture(scope="module")
def parsed() -> GeneratorData:
    # Not at the top, where each worker would import it, in a third of a second.
    from openapi_python_client.config import Config, ConfigFile, MetaType
    from openapi_python_client.parser import GeneratorData

    config = Config.from_sources(ConfigFile(), MetaType.NONE, CONTRACT, "utf-8", False, None)
    data = GeneratorData.from_dict(client_contract(read_document(CONTRACT)), config=config)
    assert isinstance(data, GeneratorData)
    return data


def test_the_generator_names_classes_and_modules_as_the_facts_do(parsed: GeneratorData) -> None:
    """The facts are found under the names that the templates look them up by."""
    models = {str(model.class_info.name) for model in parsed.models}
    schemas = read_document(CONTRACT)["components"]["schemas"]
    assert models <= {class_name(schema.get("title", name)) for name, schema in schemas.items()}
    collections = parsed.endpoint_collections_by_tag.values()
    found = {str(endpoint.name) for collection in collections for endpoint in collection.endpoints}
    assert found == {function_name(operation.id) for operation in contract.load().operations}
    facts = facts_as_jinja(client_contract(read_document(CONTRACT)))
    assert all(name in facts for name in found)


def test_the_parser_has_what_the_templates_ask_for(parsed: GeneratorData) -> None:
    """Jinja renders a missing attribute as nothing; here it fails."""
    collections = parsed.endpoint_collections_by_tag.values()
    endpoints = [endpoint for collection in collections for endpoint in collection.endpoints]
    properties = [
        prop
        for model in parsed.models
        for prop in (*(model.required_properties or ()), *(model.optional_properties or ()))
    ]
    enums = list(parsed.enums)
    assert properties
    assert enums
    assert endpoints
    _has("endpoint", endpoints)
    _has("model", list(parsed.models))
    _has("property", properties)
    _has("enum", enums)
    _has("response", [response for entry in endpoints for response in entry.responses.patterns])
    _has("body", [body for entry in endpoints for body in entry.bodies])
    _has("parameter", [found for entry in endpoints for found in entry.list_all_parameters()])


def _has(variable: str, values: list[Any]) -> None:
    """Every attribute that a template asks `variable` for is one of each value."""
    text = "".join(path.read_text("utf-8") for path in sorted(TEMPLATES.glob("*.jinja")))
    jinja = " ".join(re.findall(r"{[{%](.*?)[%}]}", text, re.DOTALL))
    asked = set(re.findall(rf"\b{variable}\.([a-z_]+)", jinja))
    # Of enums, models and lists only; `response.json()` is a text that is compared with.
    optional = {"class_info", "inner_property", "json"}
    for value in values:
        missing = {name for name in asked - optional if not hasattr(value, name)}
        assert not missing, f"{variable}: {type(value).__name__}"
    for name in asked & optional - {"json"}:
        assert any(hasattr(value, name) for value in values)
