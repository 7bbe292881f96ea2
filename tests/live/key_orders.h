/* Orders about keys: SAs that come and go on the key socket while packets flow. */
#pragma once

#include "tests/live/orders.h"

/* Installs that many SAs of new devices; those beyond play.devices_max are not played. */
void obey_install(struct orders *o, const struct arguments *a);
/* A second SA for the device of that one, with keys of its own. */
void obey_renew(struct orders *o, const struct arguments *a);
/* One more device, whose SA expires after that many milliseconds. */
void obey_expiring(struct orders *o, const struct arguments *a);
/* Removes that SA. */
void obey_remove(struct orders *o, const struct arguments *a);
