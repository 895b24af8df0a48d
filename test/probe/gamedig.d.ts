// gamedig brings no types; this is what the tests read.
declare module 'gamedig' {
  interface Query {
    type: string
    host: string
    port: number
    givenPortOnly: boolean
    maxRetries?: number
  }
  interface State {
    name: string
    map: string
    maxplayers: number
    numplayers: number
    version: string
  }
  // biome-ignore lint/complexity/noStaticOnlyClass: this is how gamedig declares it
  export class GameDig {
    static query(query: Query): Promise<State>
  }
}
