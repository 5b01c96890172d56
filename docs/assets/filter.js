// The field above a long page: it hides each row or section without the words that are typed.
for (const input of document.querySelectorAll("input.filter")) {
  const page = input.closest("article");
  const sections = [...page.querySelectorAll("h3")].map((head) => {
    const parts = [head];
    for (let next = head.nextElementSibling; next && !/^H[1-3]$/.test(next.tagName); next = next.nextElementSibling)
      parts.push(next);
    return parts;
  });
  const rows = [...page.querySelectorAll("td a.place")].map((link) => [link.closest("tr")]);
  const entries = (sections.length ? sections : rows).map((parts) => ({
    parts, text: parts.map((part) => part.textContent).join(" ").toLowerCase(),
  }));
  // A group without an entry that is shown is hidden, too.
  const groups = [...page.querySelectorAll("h2")].map((head) => ({ head, tables: new Set(), members: [] }));
  for (const entry of entries) {
    const [first] = entry.parts;
    const after = (group) => group.head.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING;
    const group = groups.findLast(after);
    group?.members.push(entry);
    if (first.closest("table")) group?.tables.add(first.closest("table"));
  }
  const said = input.closest("p").querySelector("output");
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { parts, text } of entries) {
      const shown = words.every((word) => text.includes(word));
      count += shown;
      for (const part of parts) part.hidden = !shown;
    }
    for (const { head, tables, members } of groups)
      for (const part of [head, ...tables])
        part.hidden = members.length > 0 && members.every((entry) => entry.parts[0].hidden);
    said.textContent = words.length ? `${count} of ${entries.length}` : "";
  };
  input.addEventListener("input", filter);
  // A link to what is hidden shows everything again.
  addEventListener("hashchange", () => { input.value = ""; filter(); });
}
