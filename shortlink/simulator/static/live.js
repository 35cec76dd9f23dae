// Keeps the parts of a page up to date: asks every second for what has changed, and rests while nobody looks.
// Without it the pages work too; they only have to be reloaded by hand.
"use strict";
(() => {
  const EVERY_MS = 1000;
  const pulse = document.getElementById("pulse");
  let version = document.body.dataset.version;
  let timer = 0;
  let asking = false;

  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    clearTimeout(timer);
    try {
      const answer = await fetch(`${location.pathname}?since=${encodeURIComponent(version)}`);
      if (answer.status === 200) draw(await answer.json());
      pulse.textContent = answer.ok ? "" : `The simulator answers ${answer.status}`;
    } catch {
      pulse.textContent = "The simulator does not answer";
    }
    asking = false;
    if (!document.hidden) timer = setTimeout(ask, EVERY_MS);
  }

  function draw(update) {
    version = update.version;
    for (const [name, html] of Object.entries(update.parts)) {
      const part = document.querySelector(`[data-part="${name}"]`);
      const wanted = part.cloneNode(false);
      wanted.innerHTML = html;
      const follows = isAtEnd();
      adapt(part, wanted);
      if (follows) showEnd();
    }
  }

  // Change only what differs, so that focus, selection, scroll and opened details stay.
  function adapt(node, wanted) {
    adaptAttributes(node, wanted);
    const ids = new Set([...wanted.children].map((child) => child.id));
    let place = node.firstChild;
    for (const child of [...wanted.childNodes]) {
      const known = findKnown(node, place, child);
      if (!known) {
        node.insertBefore(child, place);
        continue;
      }
      while (place && place !== known && !(place.id && ids.has(place.id))) place = removeAndNext(place);
      if (place === known) place = known.nextSibling;
      else node.insertBefore(known, place);
      if (child.nodeType === Node.ELEMENT_NODE) adapt(known, child);
      else if (known.data !== child.data) known.data = child.data;
    }
    while (place) place = removeAndNext(place);
  }

  function adaptAttributes(node, wanted) {
    for (const { name, value } of wanted.attributes) if (node.getAttribute(name) !== value) node.setAttribute(name, value);
    for (const { name } of [...node.attributes]) if (name !== "open" && !wanted.hasAttribute(name)) node.removeAttribute(name);
  }

  // The node that a wanted one replaces: the one with its id, else the next of its kind without an id.
  function findKnown(node, place, wanted) {
    if (wanted.id) return [...node.children].find((child) => child.id === wanted.id);
    let known = place;
    while (known && (known.id || known.nodeName !== wanted.nodeName)) known = known.nextSibling;
    return known;
  }

  function removeAndNext(node) {
    const next = node.nextSibling;
    node.remove();
    return next;
  }

  function isAtEnd() {
    const list = document.getElementById("messages");
    return !list || list.scrollHeight - list.scrollTop - list.clientHeight < 80;
  }

  function showEnd() {
    const list = document.getElementById("messages");
    if (list) list.scrollTop = list.scrollHeight;
  }

  async function tap(event) {
    if (!event.target.closest(".tap") || !event.submitter) return;
    event.preventDefault();
    const fields = new URLSearchParams(new FormData(event.target));
    fields.set("visitor", event.submitter.value);
    try {
      await fetch(event.target.action, { method: "POST", body: fields, headers: { Accept: "application/json" } });
    } catch {
      pulse.textContent = "The simulator does not answer";
    }
    ask();
  }

  document.addEventListener("submit", tap);
  document.addEventListener("toggle", (event) => event.target.open && event.target.scrollIntoView({ block: "nearest" }), true);
  document.addEventListener("visibilitychange", ask);
  if (!location.hash) showEnd();
  ask();
})();
