// Controls for any JSON schema of the contract: each reads as a value, or as nothing if left out.

import { make } from "./dom.js";

let serial = 0;

/** A control for `schema`: `{ element, read(), write(value) }`; `read` gives undefined for nothing. */
export function controlFor(name, schema, required, changed) {
  const type = Array.isArray(schema.type) ? schema.type.find((t) => t !== "null") : schema.type;
  if (type === "object" && schema.properties) return objectControl(name, schema, changed);
  if (type === "array" && schema.items?.properties) return listControl(name, schema, changed);
  if (schema.enum) return choiceControl(name, schema, schema.enum, required, changed);
  if (type === "boolean") return choiceControl(name, schema, [true, false], required, changed);
  if (type === "integer" || type === "number") return numberControl(name, schema, required, changed);
  if (type === "string") return textControl(name, schema, required, changed);
  return jsonControl(name, schema, required, changed);
}

function labelled(name, schema, required, input) {
  const id = `field-${++serial}`;
  input.id = id;
  const label = make("label", { htmlFor: id }, make("code", {}, name), required ? " (required)" : "");
  const parts = [label, input];
  if (schema.description) {
    const hint = make("p", { className: "hint", id: `${id}-hint` }, firstSentence(schema.description));
    input.setAttribute("aria-describedby", hint.id);
    parts.push(hint);
  }
  return make("div", { className: "field" }, ...parts);
}

function firstSentence(text) {
  const plain = text.replaceAll("`", "").replace(/\s+/g, " ").trim();
  return /^.*?[.:](?=\s|$)/.exec(plain)?.[0] ?? plain;
}

function choiceControl(name, schema, values, required, changed) {
  const options = values.map((value, n) => make("option", { value: n }, String(value)));
  const select = make("select", { onchange: changed }, make("option", { value: "" }, "(left out)"), ...options);
  return {
    element: labelled(name, schema, required, select),
    read: () => (select.value === "" ? undefined : values[Number(select.value)]),
    write: (value) => (select.value = values.includes(value) ? values.indexOf(value) : ""),
  };
}

function numberControl(name, schema, required, changed) {
  const step = schema.type === "integer" ? 1 : "any";
  const input = make("input", { type: "number", step, oninput: changed });
  return {
    element: labelled(name, schema, required, input),
    read: () => (input.value === "" ? undefined : Number(input.value)),
    write: (value) => (input.value = value ?? ""),
  };
}

function textControl(name, schema, required, changed) {
  const input = make("input", { type: "text", autocomplete: "off", spellcheck: false, oninput: changed });
  return {
    element: labelled(name, schema, required, input),
    read: () => (input.value === "" ? undefined : input.value),
    write: (value) => (input.value = value ?? ""),
  };
}

function jsonControl(name, schema, required, changed) {
  const area = make("textarea", { rows: 3, placeholder: "JSON", oninput: changed });
  return {
    element: labelled(name, schema, required, area),
    read: () => {
      if (!area.value.trim()) return undefined;
      try {
        return JSON.parse(area.value);
      } catch {
        return area.value;
      }
    },
    write: (value) => (area.value = value === undefined ? "" : JSON.stringify(value)),
  };
}

function objectControl(name, schema, changed) {
  const required = new Set(schema.required ?? []);
  const parts = Object.entries(schema.properties).map(([key, value]) => [
    key,
    controlFor(key, value, required.has(key), changed),
  ]);
  const legend = name ? make("legend", {}, make("code", {}, name)) : null;
  return {
    element: make(name ? "fieldset" : "div", {}, legend, ...parts.map(([, part]) => part.element)),
    read: () => {
      const found = parts.map(([key, part]) => [key, part.read()]).filter(([, v]) => v !== undefined);
      return Object.fromEntries(found);
    },
    write: (value) => parts.forEach(([key, part]) => part.write(value?.[key])),
  };
}

function listControl(name, schema, changed) {
  const items = [];
  const list = make("div", {});
  const renumber = () =>
    items.forEach(({ element }, n) => (element.querySelector("legend").textContent = `${name}[${n}]`));
  const add = (value) => {
    const control = objectControl(name, schema.items, changed);
    const remove = () => {
      items.splice(items.indexOf(control), 1);
      control.element.remove();
      renumber();
      changed();
    };
    control.element.append(make("button", { type: "button", onclick: remove }, "Remove"));
    if (value) control.write(value);
    items.push(control);
    list.append(control.element);
    renumber();
  };
  const more = () => {
    add();
    changed();
  };
  return {
    element: make("div", {}, list, make("button", { type: "button", onclick: more }, `Add to ${name}`)),
    read: () => items.map((item) => item.read()),
    write: (values) => {
      items.splice(0);
      list.replaceChildren();
      (values ?? []).forEach(add);
    },
  };
}
