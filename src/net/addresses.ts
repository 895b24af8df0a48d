/**
 * How long one address of a name may take before the next one is tried. Node's own 250 ms are less
 * than the way to a far host and back, and every address of it is then given up, unless it is the last;
 * a name whose last address is one of IPv6, on a machine without IPv6, cannot be reached at all.
 * This much also lets a first packet get lost, which is sent again after a second.
 */
export const ADDRESS_ATTEMPT_MS = 2_000
