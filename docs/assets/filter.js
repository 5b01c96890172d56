// The field above a long page: it hides each row or section without the words that are typed.
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
  const rows = below("td a.place").map((link) => ({ parts: [link.closest("tr")], counts: true }));
  // Folded examples of what the rows name.
  const folded = below("details").map((part) => ({ parts: [part], counts: false }));
  const entries = sections.length ? sections : [...rows, ...folded];
  for (const entry of entries) entry.text = entry.parts.map((part) => part.textContent).join(" ").toLowerCase();
  // Every other block is shown with the entries that are inside of it; a heading with those below it.
  const taken = new Set(entries.flatMap((entry) => entry.parts));
  const others = blocks.filter((block) => !taken.has(block)).map((block) => {
    const end = block.tagName === "H2" && (blocks.slice(blocks.indexOf(block) + 1).find((next) => next.tagName === "H2") ?? null);
    const follows = (one, other) => one.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING;
    const has = ({ parts: [first] }) =>
      end === false ? block.contains(first) : follows(block, first) && (!end || follows(first, end));
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
  // A link to what is hidden shows everything again.
  addEventListener("hashchange", () => { input.value = ""; filter(); });
}
