"use strict";
// Every page can be read without this script. It takes over Airflow's theme, and leads links to Airflow out of its frame.
const inFrame = window.parent !== window;

function takeTheme() {
  const outside = window.parent.document.documentElement;
  const theme = outside.dataset.theme || (outside.classList.contains("dark") ? "dark" : outside.classList.contains("light") ? "light" : "");
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
}

function leaveFrame(event) {
  const link = event.target.closest("a[data-airflow]");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const outside = window.parent.document.createElement("a");
  outside.href = link.href;
  window.parent.document.body.append(outside);
  outside.click();
  outside.remove();
}

if (inFrame) {
  try {
    takeTheme();
    new MutationObserver(takeTheme).observe(window.parent.document.documentElement, { attributes: true, attributeFilter: ["class", "data-theme"] });
    document.addEventListener("click", leaveFrame);
  } catch (error) {
    console.info("the frame around the desk is of another site", error);
  }
}

function suggestIds(field) {
  const list = field.list;
  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const typed = field.value.trim();
      if (typed.length < 2) return;
      const address = new URL(field.dataset.ids, window.location.href);
      address.searchParams.set("find", typed);
      const answer = await fetch(address);
      if (!answer.ok || typed !== field.value.trim()) return;
      list.replaceChildren(...(await answer.json()).map((one) => new Option(one.title, one.external_id)));
    }, 250);
  });
}

document.querySelectorAll("input[data-ids]").forEach(suggestIds);
