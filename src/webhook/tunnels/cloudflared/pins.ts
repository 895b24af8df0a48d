/**
 * The cloudflared that is downloaded and run, and nothing else is. To move to another release:
 * `node scripts/pin-cloudflared.ts VERSION`, which downloads every asset and writes this file.
 */
export const CLOUDFLARED_VERSION = '2026.9.1'

export interface Pin {
  /** Its name in the release. */
  asset: string
  /**
   * SHA-256 of the asset where that is an archive. The release text lists the sum of the binary
   * inside instead (cloudflare/cloudflared issues 1004 and 1648), so both are pinned.
   */
  archiveSha256?: string
  /** SHA-256 of the executable. */
  binarySha256: string
}

/** By Node's platform and architecture. */
export type Pins = Readonly<Record<string, Pin>>

/*
 * Where the sums come from. Recomputed on the bytes: linux-x64. From Cloudflare's release text: the
 * binaries for macOS. From a mirror's published list: linux-arm64, Windows, the archives for macOS.
 * A sum that is wrong costs the tunnel, never the safety: what differs is not run.
 */
export const PINS: Pins = {
  'linux-x64': {
    asset: 'cloudflared-linux-amd64',
    binarySha256: '03f1f25d1cc93b9ad6c60569d44060bc4f17ed97075760ed8cfca4b12dcd68cc',
  },
  'linux-arm64': {
    asset: 'cloudflared-linux-arm64',
    binarySha256: '3d97437c71848bd8df68041e12436b484a661d95073ea1937f01a845ce88faa3',
  },
  'darwin-x64': {
    asset: 'cloudflared-darwin-amd64.tgz',
    archiveSha256: 'ff0d3b51d5ff70eceef89d6b32145fee985018a2174596a5dbe405e2766e2ac4',
    binarySha256: '1ea07ae775b03236bd6be18ca1848d6bdc4af2f4f3bce398823b5a36e5761b75',
  },
  'darwin-arm64': {
    asset: 'cloudflared-darwin-arm64.tgz',
    archiveSha256: 'c27ab8fd0aa489449e3d201eb02f957ef460a13b613662928b1b23394bf1bcfe',
    binarySha256: '9a0b19f67dc7a3011bc6b972c7ce06a5fcea8784ac6bd599ffa382ea4aeb5a6e',
  },
  'win32-x64': {
    asset: 'cloudflared-windows-amd64.exe',
    binarySha256: '2837888cc0f5d58f15b6dc478376de90b4d3ba5241c7947455d1e0a0df429712',
  },
  // No release has a build for Windows on Arm, which runs the other one by emulation.
  'win32-arm64': {
    asset: 'cloudflared-windows-amd64.exe',
    binarySha256: '2837888cc0f5d58f15b6dc478376de90b4d3ba5241c7947455d1e0a0df429712',
  },
}
