import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto'

/**
 * Node makes keys but no certificates, and neither a command-line tool that may be missing nor a
 * private key in the repository is wanted for that: the few structures of a certificate are
 * written here, and the authority lives only as long as a test.
 */

export interface Certificate {
  certificatePem: string
  privateKeyPem: string
}

export interface TestAuthority {
  /** For `NODE_EXTRA_CA_CERTS`, `--cacert` and the like. */
  certificatePem: string
  /** A server certificate for these names; `*.example.com` and IPv4 addresses are allowed. */
  issue(names: string[]): Certificate
}

interface Identity {
  commonName: string
  keys: { publicKey: KeyObject; privateKey: KeyObject }
}

const OID = {
  ecdsaWithSha256: '06082a8648ce3d040302',
  commonName: '0603550403',
  basicConstraints: '0603551d13',
  keyUsage: '0603551d0f',
  extendedKeyUsage: '0603551d25',
  serverAuthentication: '06082b06010505070301',
  subjectKey: '0603551d0e',
  authorityKey: '0603551d23',
  alternativeNames: '0603551d11',
}
const DAY_MS = 24 * 60 * 60 * 1000
/** The certificate sign usage for the authority, the digital signature usage for a server. */
const KEY_USAGE = { authority: '03020204', server: '03020780' }

/** A fresh certificate authority that is valid from yesterday to tomorrow. */
export function createTestAuthority(): TestAuthority {
  const authority = { commonName: 'tunnel rig authority', keys: newKeys() }
  return {
    certificatePem: certificate(authority, authority, [
      extension(OID.basicConstraints, sequence(der(0x01, Buffer.from([0xff]))), true),
      extension(OID.keyUsage, hex(KEY_USAGE.authority), true),
      extension(OID.subjectKey, der(0x04, keyId(authority))),
    ]),
    issue(names) {
      const server = { commonName: names[0] ?? 'localhost', keys: newKeys() }
      const certificatePem = certificate(server, authority, [
        extension(OID.keyUsage, hex(KEY_USAGE.server), true),
        extension(OID.extendedKeyUsage, sequence(hex(OID.serverAuthentication))),
        extension(OID.subjectKey, der(0x04, keyId(server))),
        extension(OID.authorityKey, sequence(der(0x80, keyId(authority)))),
        extension(OID.alternativeNames, sequence(...names.map(alternativeName))),
      ])
      const privateKeyPem = server.keys.privateKey.export({ type: 'pkcs8', format: 'pem' })
      return { certificatePem, privateKeyPem: privateKeyPem.toString() }
    },
  }
}

function certificate(subject: Identity, issuer: Identity, extensions: Buffer[]): string {
  const algorithm = sequence(hex(OID.ecdsaWithSha256))
  const version = der(0xa0, der(0x02, Buffer.from([2])))
  // The first bit stays clear, or the number would be negative.
  const serial = der(0x02, Buffer.concat([Buffer.from([0x40]), randomBytes(15)]))
  const signed = sequence(
    version,
    serial,
    algorithm,
    distinguishedName(issuer),
    sequence(utcTime(Date.now() - DAY_MS), utcTime(Date.now() + DAY_MS)),
    distinguishedName(subject),
    publicKeyInfo(subject),
    der(0xa3, sequence(...extensions)),
  )
  const signature = sign('sha256', signed, issuer.keys.privateKey)
  const bytes = sequence(signed, algorithm, bitString(signature))
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function newKeys(): Identity['keys'] {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

function publicKeyInfo(identity: Identity): Buffer {
  return identity.keys.publicKey.export({ type: 'spki', format: 'der' })
}

function keyId(identity: Identity): Buffer {
  return createHash('sha1').update(publicKeyInfo(identity)).digest()
}

function distinguishedName({ commonName }: Identity): Buffer {
  const value = der(0x0c, Buffer.from(commonName))
  return sequence(der(0x31, sequence(hex(OID.commonName), value)))
}

function alternativeName(name: string): Buffer {
  const isAddress = /^\d+(\.\d+){3}$/.test(name)
  return isAddress
    ? der(0x87, Buffer.from(name.split('.').map(Number)))
    : der(0x82, Buffer.from(name))
}

function extension(oid: string, value: Buffer, critical = false): Buffer {
  const flag = critical ? [der(0x01, Buffer.from([0xff]))] : []
  return sequence(hex(oid), ...flag, der(0x04, value))
}

function utcTime(timeMs: number): Buffer {
  const digits = new Date(timeMs).toISOString().replace(/\D/g, '')
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`))
}

function bitString(bytes: Buffer): Buffer {
  return der(0x03, Buffer.concat([Buffer.from([0]), bytes]))
}

function sequence(...parts: Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts))
}

function hex(text: string): Buffer {
  return Buffer.from(text, 'hex')
}

/** Tag, length, content; a length over 127 is written as its own byte count and bytes. */
function der(tag: number, content: Buffer): Buffer {
  const size = content.length
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}
