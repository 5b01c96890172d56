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
  const said = input.closest("p").querySelector("output");
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { parts, text } of entries) {
      const shown = words.every((word) => text.includes(word));
      count += shown;
      for (const part of parts) part.hidden = !shown;
    }
    said.textContent = words.length ? `${count} of ${entries.length}` : "";
  };
  input.addEventListener("input", filter);
  // A link to what is hidden shows everything again.
  addEventListener("hashchange", () => { input.value = ""; filter(); });
}
