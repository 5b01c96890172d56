// The search of the theme says "No results" and no more: this says below it what finds more.
{
  const HINT = "Try one word, or a name as it is written: a field, an error code, a rule, an option, a fault. Troubleshooting lists symptoms.";
  const watch = ({ shadowRoot }) => {
    const style = document.createElement("style");
    style.textContent = "[data-hint]::after { content: attr(data-hint); display: block; margin-top: .8em; }";
    shadowRoot.append(style);
    const said = new MutationObserver(() => {
      const status = shadowRoot.querySelector("[role=status]");
      if (status?.textContent === "No results") status.dataset.hint = HINT;
      else status?.removeAttribute("data-hint");
    });
    said.observe(shadowRoot, { childList: true, subtree: true, characterData: true });
  };
  // The theme's script may have added the search already, or does it later.
  const found = () => [...document.body.children].find((element) => element.shadowRoot);
  if (found()) watch(found());
  else {
    const waiting = new MutationObserver(() => {
      if (!found()) return;
      waiting.disconnect();
      watch(found());
    });
    waiting.observe(document.body, { childList: true });
  }
}
