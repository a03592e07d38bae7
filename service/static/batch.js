// Shows how far files are without loading the page again; it is loaded anew when something has ended.
"use strict";

const PAUSE_MS = 1000;

async function follow(place) {
  const response = await fetch(place.dataset.progress, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(String(response.status));
  const told = await response.json();
  if (place.dataset.state !== told.state) {
    location.reload();
    return;
  }
  place.querySelector(".progress-line").textContent = told.line;
  const bar = place.querySelector("rect.bar-best");
  if (bar && told.share !== null) bar.setAttribute("width", (told.share * 100).toFixed(2));
  else if (told.share !== null) location.reload();
}

async function followAll() {
  const places = document.querySelectorAll("[data-progress]");
  for (const place of places) {
    try {
      await follow(place);
    } catch {
      // The service may be starting again: the next try tells.
    }
  }
  if (places.length) setTimeout(followAll, PAUSE_MS);
}

followAll();
