/** Name of the saved state that holds the ledger; empty or absent when nothing has to be cleaned up. */
export const LEDGER_STATE = 'ledger'
/** Name of the saved state that holds children and folders; empty or absent when there are none. */
export const LEFTOVERS_STATE = 'leftovers'
