// What the pages cannot do without a script: they tell the server the reader's time zone, rest while nobody looks,
// and can be paused. Everything else works without it.
"use strict";
(() => {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone || "";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `shortlink_zone=${zone}; Path=/dashboard; Max-Age=31536000; SameSite=Lax${secure}`;

  const pulse = document.getElementById("pulse");
  let paused = false;

  const isPoll = (element) => element.hasAttribute("data-poll");

  document.addEventListener("htmx:beforeRequest", (event) => {
    if (isPoll(event.detail.elt) && (paused || document.hidden || isBusy(event.detail.elt))) event.preventDefault();
  });

  // Somebody is reading a table, selecting text or about to press a button in what would be replaced; or has scrolled
  // down a list, which new lines on top would push away from under the finger.
  function isBusy(element) {
    return [...document.querySelectorAll(element.dataset.poll || "#content")].some(isUsed);
  }

  function isUsed(target) {
    const selection = getSelection();
    const selects = selection && !selection.isCollapsed && target.contains(selection.anchorNode);
    if (target.hasAttribute("data-holds") && scrollY > 0) return true;
    return selects || target.querySelector("details[open]") !== null || target.matches(":has(:focus-visible)");
  }

  document.addEventListener("htmx:afterRequest", (event) => {
    if (isPoll(event.detail.elt)) pulse.textContent = event.detail.successful ? "" : "No connection. Trying again…";
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-pause]");
    if (!button) return;
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    button.textContent = paused ? "Go on" : "Pause";
  });

  document.addEventListener("click", (event) => {
    const menu = document.querySelector("details.narrow[open]");
    if (menu && !menu.contains(event.target)) menu.open = false;
  });
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector("details.narrow[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
