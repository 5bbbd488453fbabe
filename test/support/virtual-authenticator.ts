// The security key that is Chromium's own (CDP WebAuthn.addVirtualAuthenticator): it holds passkeys, and its person touches and proves at once.

export const VIRTUAL_KEY = {
  protocol: 'ctap2',
  transport: 'usb',
  hasResidentKey: true,
  hasUserVerification: true,
  isUserVerified: true,
  automaticPresenceSimulation: true,
} as const
