/** Name of the saved state that holds the ledger; empty or absent when nothing is owed. */
export const LEDGER_STATE = 'ledger'
