// A file that is too large is refused in words: Dash's upload drops it without one.
(function () {
  const look = (event) => {
    const refusal = event.target.closest?.(".uploads")?.querySelector("[data-limit]");
    const files = event.dataTransfer?.files || event.target.files;
    if (refusal && files?.length) refusal.hidden = [...files].every((file) => file.size <= Number(refusal.dataset.limit));
  };
  document.addEventListener("change", look, true);
  document.addEventListener("drop", look, true);
})();
