/* bench_vm_mixed CYCLES WS SEED: one thread, WS slots with blocks of 512 KiB to 2 MiB, of which one
 * byte in every 64 KiB is written, as a program does that uses a buffer in part. */
#include "slots.h"

int main(int argc, char **argv)
{
    static const struct bench_arg args[] = {
        {"cycles", 1, 1e12}, {"ws", 1, 1 << 20}, {"seed", 0, 1e15}};
    double v[3];
    bench_args("bench_vm_mixed", argc, argv, args, 3, v);
    uint64_t cycles = (uint64_t)v[0];
    struct slots slots = slots_make((uint32_t)v[1], 512 << 10, 2 << 20, 64 << 10, (uint64_t)v[2]);
    slots_run(&slots, cycles / 10 + slots.nslots); /* warm up */
    bench_start();
    slots_run(&slots, cycles);
    bench_stop();
    bench_result(cycles);
    slots_free(&slots);
    return 0;
}
