"use strict";
const rows = [...document.querySelectorAll("table.list tbody tr")];
const filter = document.getElementById("filter");
const buttons = [...document.querySelectorAll("button[data-show]")];
const words = new Map();
let outcome = "";

function wordsOf(row) {
  if (!words.has(row)) words.set(row, row.textContent.toLowerCase());
  return words.get(row);
}

function show() {
  const query = filter.value.trim().toLowerCase();
  let shown = 0;
  for (const row of rows) {
    row.hidden = (outcome && row.dataset.outcome !== outcome) || (query && !wordsOf(row).includes(query));
    shown += row.hidden ? 0 : 1;
  }
  for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.show === outcome));
  document.getElementById("shown").textContent = `${shown} of ${rows.length} shown`;
}

function reveal() {
  const row = rows.find((candidate) => `#${candidate.id}` === location.hash);
  if (!row) return;
  if (row.hidden) { outcome = ""; filter.value = ""; show(); }
  const more = row.querySelector("details");
  if (more) more.open = true;
  row.scrollIntoView({ block: "center" });
}

addEventListener("beforeprint", () => {
  for (const more of document.querySelectorAll(".feed.failed details, .feed.refused details")) more.open = true;
});

if (filter) {
  document.querySelector(".tools").hidden = false;
  filter.addEventListener("input", show);
  for (const button of buttons) button.addEventListener("click", () => { outcome = button.dataset.show; show(); });
  addEventListener("hashchange", reveal);
  addEventListener("beforeprint", () => {
    for (const row of rows) for (const more of row.querySelectorAll("details")) more.open ||= ["failed", "rejected"].includes(row.dataset.outcome);
  });
  show();
  reveal();
}
