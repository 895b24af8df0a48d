/** Name of the saved state that holds the ledger; empty or absent when nothing is left to clean up. */
export const LEDGER_STATE = 'ledger'
/** Name of the saved state that holds children and folders; empty or absent when there are none. */
export const LEFTOVERS_STATE = 'leftovers'
/** Name of the saved state that holds what GitHub does not show yet; empty or absent when nothing. */
export const GITHUB_STATE = 'github'
/** Name of the saved state that tells which process the main step is; empty when that has ended by itself. */
export const MAIN_STATE = 'main'
