// Addresses and keys are copied with one touch, where the browser can; else they are selected by hand.

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break; // browsers have it on this machine and over TLS only
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    field.select();
    await navigator.clipboard.writeText(field.value);
    const usual = button.innerHTML;
    button.textContent = button.dataset.done;
    setTimeout(() => { button.innerHTML = usual; }, 2000);
  });
}

document.getElementById("made-title")?.focus();
