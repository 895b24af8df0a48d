import { toLine } from '../runner/plain-text.ts'

/** What a game server says about itself. Every text is remote. */
export interface GameState {
  name?: string | undefined
  map?: string | undefined
  version?: string | undefined
  players?: number | undefined
  maxPlayers?: number | undefined
}

/** Longer names are cut: this is a line among others. */
const LONGEST_TEXT = 60

/** In a few words, such as `map dm1, 0 of 8 players (my server)`. */
export function describeGame(game: GameState): string {
  const map = clean(game.map)
  const version = clean(game.version)
  const name = clean(game.name)
  const facts = [
    map && `map ${map}`,
    describePlayers(game),
    version && `version ${version}`,
  ].filter((fact) => fact)
  const said = facts.join(', ') || 'a status without details'
  return name ? `${said} (${name})` : said
}

function describePlayers({ players, maxPlayers }: GameState): string | undefined {
  if (!isCount(players)) return undefined
  return isCount(maxPlayers) ? `${players} of ${maxPlayers} players` : `${players} players`
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 0
}

function clean(text = ''): string {
  return toLine(text, LONGEST_TEXT).trim()
}

/** The first bytes of something that could not be read, for a message. */
export function showBytes(bytes: Buffer): string {
  const shown = bytes.subarray(0, 16).toString('hex')
  return bytes.length > 16 ? `${shown}…` : shown
}
