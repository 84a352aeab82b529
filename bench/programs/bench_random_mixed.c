/* bench_random_mixed CYCLES WS SEED: one thread, WS slots, half of them with blocks of 16 to 8192
 * bytes.  Each cycle is one malloc or one free; slots.h has the load. */
#include "bench/harness/slots.h"

int main(int argc, char **argv)
{
    return slots_main("bench_random_mixed", argc, argv, 16, 8192, 0, 4096);
}
