/** Script of the admin pages. It adds live updates; every page works without it. */
import { cleanAddress } from "./clean-address.ts";
import { offerCopies } from "./copy.ts";
import { watchList } from "./list.ts";
import { keepLive } from "./live-form.ts";
import { watchResults } from "./results.ts";
import { watchVisits } from "./visits.ts";

cleanAddress();
offerCopies();
keepLive();
watchList();
watchResults();
watchVisits();
