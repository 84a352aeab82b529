/* bench_vm_touched CYCLES WS SEED: as bench_vm_mixed, but one byte in every 4 KiB is written, as a
 * program does that uses all of a buffer: each page that comes fresh from the system is a fault. */
#include "bench/harness/slots.h"

int main(int argc, char **argv)
{
    return slots_main("bench_vm_touched", argc, argv, 512 << 10, 2 << 20, 4 << 10, 8);
}
