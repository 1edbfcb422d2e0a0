/** The admin pages' script. It adds what is live; every page does its work without it. */
import { cleanAddress } from "./clean-address.ts";
import { offerCopies } from "./copy.ts";

cleanAddress();
offerCopies();
