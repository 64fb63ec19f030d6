/** How our voice is sent. Both cost nothing where the other side cannot do them: what is not negotiated is not used. */

export interface AudioSettings {
  /**
   * Send each packet's sound once more with the next (RFC 2198): losses of one packet in a row are not heard, for about
   * twice the bits. Bridges forward it as it is, so everybody in the room must understand it. Default false.
   */
  readonly opusRed?: boolean
  /** Send next to nothing during silence (RFC 7587 §3.1.3). Default false. */
  readonly dtx?: boolean
}
