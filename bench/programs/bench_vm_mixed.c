/* bench_vm_mixed CYCLES WS SEED: one thread, WS slots, half of them with blocks of 512 KiB to 2
 * MiB.  One byte in every 64 KiB is written, as a program does that uses a buffer in part. */
#include "bench/harness/slots.h"

int main(int argc, char **argv)
{
    return slots_main("bench_vm_mixed", argc, argv, 512 << 10, 2 << 20, 64 << 10, 40);
}
