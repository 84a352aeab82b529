/* self.c: see self.h. */
#include "count/self.h"

static struct record_self nobody;
struct record_self *record_self = &nobody;
__thread struct record_thread record_thread;
