/** The admin pages' script. It adds what is live; every page does its work without it. */
document.documentElement.classList.add("live");
