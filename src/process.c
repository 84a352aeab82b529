/* process.c: see process.h. */
#include "process.h"
#include "classes.h"
#include "os.h"

static struct hak_process first = {.state = HAK_PROCESS_OLD};
struct hak_process *hak_process = &first;
void (*hak_process_on_new)(void);

void hak_process_init(void)
{
    struct hak_process *cleared = hak_os_map(HAK_PAGE_SIZE);
    if (!cleared)
        return;
    if (hak_os_wipe_in_child(cleared, HAK_PAGE_SIZE) != 0) {
        hak_os_release(cleared, HAK_PAGE_SIZE);
        return;
    }
    *cleared = *hak_process;
    hak_process = cleared;
}

void hak_process_forked(void)
{
    *hak_process = (struct hak_process){.state = HAK_PROCESS_OLD};
}

/* A signal handler that interrupts the adopting thread adopts once more, from the start to the end:
 * it may need locks that are not in order yet. */
void hak_process_adopt(void)
{
    if (hak_cas_acquire(&hak_process->adopter, 0, hak_this_thread()) || hak_process_is_adopting()) {
        if (hak_process_on_new)
            hak_process_on_new();
        hak_store_release(&hak_process->state, HAK_PROCESS_OLD);
    }
    while (hak_load_acquire(&hak_process->state) != HAK_PROCESS_OLD)
        hak_pause();
}
