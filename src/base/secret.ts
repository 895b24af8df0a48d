/** Where a secret comes from. */
export interface SecretOrigin {
  /** The input and, where it holds several, the key: `api-token`, `secret-env ADMIN_PIN`. */
  input: string
  /**
   * True for a value that the user chose for the server. What the provider publishes may hold it by
   * chance, as a port number or a domain does. A credential never may.
   */
  mayBePublic?: boolean
}

export interface Secret extends SecretOrigin {
  value: string
}
