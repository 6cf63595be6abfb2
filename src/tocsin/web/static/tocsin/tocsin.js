"use strict";
// Keyboard, copying, the port that follows the encryption, live lists. All else is the server's.
document.documentElement.classList.add("scripted");
const $ = (css, from = document) => from.querySelector(css);
const all = (css, from = document) => [...from.querySelectorAll(css)];

// A click anywhere on a row opens it, unless text is being selected.
document.addEventListener("click", (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) {
    const text = copy.parentElement.querySelector("code, pre").textContent;
    navigator.clipboard?.writeText(text).then(() => { copy.textContent = copy.dataset.copy; });
    return;
  }
  if (event.target.closest("[data-fresh]")) { showFresh(); return; }
  if (event.target.closest("[data-shut]")) { $("#keys").close(); return; }
  for (const menu of all("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  if (event.target.closest("a, button, input, summary, label") || String(getSelection())) return;
  $("a.open", event.target.closest("tbody tr") ?? document.createElement("i"))?.click();
});

// j k Enter / ?
let at = null;
function step(by) {
  const rows = all("tbody tr:has(a.open)");
  if (!rows.length) return;
  const from = rows.indexOf(at ?? $("tr[aria-current]"));
  at = rows[Math.max(0, Math.min(rows.length - 1, from + by))];
  const link = $("a.open", at);
  link.focus({ preventScroll: true });
  at.scrollIntoView({ block: "nearest" });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else if (event.key === "/") { event.preventDefault(); $("#search")?.focus(); }
  else if (event.key === "?") $("#keys")?.showModal();
  else if (event.key === "Escape") $("a.close")?.click();
});

// The port follows the encryption until somebody types one.
const port = $("#f-port"), encryption = $("#f-encryption");
if (port && encryption) {
  const usual = { starttls: ["587", "2587"], smtps: ["465", "2465"], none: ["25"] };
  let touched = port.value !== "" && !Object.values(usual).flat().includes(port.value);
  port.addEventListener("input", () => { touched = true; });
  encryption.addEventListener("change", () => {
    if (!touched) port.value = usual[encryption.value][0];
  });
}

// What is opened beside the list is marked in it; on a narrow screen it stands alone.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target.id !== "detail") return;
  for (const row of all("tbody tr")) row.removeAttribute("aria-current");
  const id = location.pathname.split("/").pop();
  document.getElementById("row-" + id)?.setAttribute("aria-current", "true");
  if (matchMedia("(max-width: 1099px)").matches) scrollTo(0, 0);
});
document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") return;
  const values = event.detail.parameters;
  for (const name of Object.keys(values)) if (values[name] === "") delete values[name];
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.xhr.status >= 400) { event.detail.shouldSwap = true; event.detail.isError = false; }
});

// A live list: rows that are there are renewed in place, new ones wait behind a button.
let etag = "", fresh = null;
function showFresh() {
  const list = $("#list");
  if (!fresh || !list) return;
  list.replaceWith(fresh);
  htmx.process(fresh);
  fresh = null;
}
async function look() {
  const list = $("#list[data-live]");
  if (!list || document.hidden) return;
  const answer = await fetch(list.dataset.live, { headers: { "If-None-Match": etag } });
  if (answer.status !== 200 || answer.redirected) return;
  etag = answer.headers.get("ETag") ?? "";
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = $("#list", page), here = $("#list[data-live]");
  if (!next || here?.dataset.live !== next.dataset.live) return;
  let added = 0;
  for (const row of all("tbody tr", next)) {
    const old = document.getElementById(row.id);
    if (!old) added += 1;
    else if (old.innerHTML !== row.innerHTML && !old.contains(document.activeElement) && !$(":checked", old)) {
      old.innerHTML = row.innerHTML;
      old.className = row.className;
      htmx.process(old);
    }
  }
  const count = $(".count", here), button = $("[data-fresh]", here);
  if (count) count.textContent = $(".count", next).textContent;
  if (!added || !button) return;
  if (!all("tbody tr", here).length) { fresh = next; showFresh(); return; }
  fresh = next;
  button.textContent = button.dataset.fresh.replace("%", added);
  button.hidden = false;
}
setInterval(() => look().catch(() => {}), 4000);
document.addEventListener("visibilitychange", () => look().catch(() => {}));
