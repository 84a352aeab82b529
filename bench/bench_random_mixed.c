/* bench_random_mixed CYCLES WS SEED: one thread, WS slots with blocks of 16 to 8192 bytes.  Each
 * cycle is one malloc or one free; slots.h has the load. */
#include "slots.h"

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {
        {"cycles", 1, 1e12}, {"ws", 1, 1 << 28}, {"seed", 0, 1e15}};
    double v[3];
    bench_args("bench_random_mixed", argc, argv, args, 3, v);
    uint64_t cycles = (uint64_t)v[0];
    struct slots slots = slots_make((uint32_t)v[1], 16, 8192, 0, (uint64_t)v[2]);
    slots_run(&slots, cycles / 10 + slots.nslots); /* warm up */
    bench_start();
    slots_run(&slots, cycles);
    bench_stop();
    bench_result(cycles);
    slots_free(&slots);
    return 0;
}
