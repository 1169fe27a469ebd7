// The key n opens a new call from every page of the desk, never while somebody types.
{
  const typing = "input, textarea, select, [contenteditable]";
  document.addEventListener("keydown", (event) => {
    const link = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (!link || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest?.(typing) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    link.click();
  });
}
