/* Ctrl-C, SIGTERM and a closed terminal end long work between two frames: captures stay valid. */
#pragma once

#include <stdbool.h>

/* From here on the first signal is heeded by stop_asked; one two seconds later ends the program. */
void stop_heed(void);

/* Whether to stop. */
bool stop_asked(void);
