/* excess.h: what is free beyond an allowance goes back to the system at once.
 *
 * A program that frees much without allocating may be idle from the next moment on, and its address
 * space may be limited; so its excess does not wait for the decay.  The free memory that may stay
 * is as much as is in use, and the allowance.  The allowance grows fourfold when what was given
 * back was wanted again; it is the least again after a time without excess, and when memory is
 * short. */
#ifndef HAK_EXCESS_H
#define HAK_EXCESS_H

/* Called when memory was freed, with no lock held: gives back the excess if there is any. */
void hak_excess_after_free(void);
/* When memory is short: makes the allowance the least again. */
void hak_excess_forget(void);

#endif
