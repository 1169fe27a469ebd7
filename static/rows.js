// "One more row" in a form that has rows beside its record: a copy of the empty one. Without this
// script a saved form offers the next empty row.
for (const part of document.querySelectorAll("[data-rows]")) {
  const add = part.querySelector("[data-add]");
  const empty = part.querySelector("template");
  const total = part.querySelector(`[name="${part.dataset.rows}-TOTAL_FORMS"]`);
  if (!(add && empty && total)) continue;
  add.hidden = false;
  add.addEventListener("click", () => {
    const row = empty.content.cloneNode(true);
    for (const each of row.querySelectorAll("[id], [name], [for], [aria-describedby]")) {
      for (const name of ["id", "name", "for", "aria-describedby"]) {
        const value = each.getAttribute(name);
        if (value) each.setAttribute(name, value.replaceAll("__prefix__", total.value));
      }
    }
    total.value = Number(total.value) + 1;
    const first = row.querySelector("select, textarea, input:not([type='hidden'])");
    add.parentElement.before(row);
    first?.focus();
  });
}
