// Small helpers: elements, the control routes, and the clipboard.

/** An element with properties and children; a property that starts with `on` is a listener. */
export function make(name, properties = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key in element) element[key] = value;
    else element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Fills a table; on a narrow screen the style sheet shows the name of its column before a cell. */
export function showTable(table, names, rows) {
  const head = names.map((name) => make("th", { scope: "col" }, name));
  const lines = rows.map(([first, ...others]) => {
    const cells = others.map((cell) => make("td", {}, cell));
    cells.forEach((cell, n) => (cell.dataset.label = names[n + 1]));
    return make("tr", {}, make("th", { scope: "row" }, first), ...cells);
  });
  table.replaceChildren(make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...lines));
}

export const byId = (id) => document.getElementById(id);

/** Shows what went wrong above the sections; an empty text hides it. */
export function report(text) {
  byId("problem").textContent = text;
  byId("problem").hidden = !text;
}

/** The JSON that a control route responds with; what it rejects is reported and thrown. */
export async function control(method, path, body) {
  const options = { method, headers: { Accept: "application/json" } };
  if (method !== "GET") {
    options.headers["Content-Type"] = "application/json";
    options.body = JSON.stringify(body ?? {});
  }
  let response;
  try {
    response = await fetch(`/_sandbox/${path}`, options);
  } catch {
    report("The sandbox does not respond. Start it again, then reload this page.");
    throw new Error("no response");
  }
  const text = await response.text();
  const value = text ? JSON.parse(text) : null;
  if (!response.ok) {
    report(`${method} /_sandbox/${path}: ${value?.error ?? response.status}`);
    throw new Error(`status ${response.status}`);
  }
  report("");
  return value;
}

/** A button that copies the text that `text()` gives, and says so. */
export function copyButton(label, text) {
  const button = make("button", { type: "button", "aria-label": `Copy as ${label}` }, label);
  button.addEventListener("click", async () => {
    await copy(text());
    button.textContent = "Copied";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  // Without HTTPS a browser offers the clipboard on loopback addresses only.
  const area = make("textarea", { value: text, className: "offscreen" });
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
}
