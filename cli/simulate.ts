// An alias of `fairsplit simulate`.
process.argv.splice(2, 0, "simulate");
import("./fairsplit.js");
