"""A device that holds one passkey, as a browser would hand on what it says."""

import json

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

Flag = AuthenticatorData.FLAG


class Passkey:
    """On http://localhost; `asks` tells whether it asks its owner for a PIN, a finger or a face."""

    def __init__(self, *, asks=True, name=b"one"):
        self.key, self.name, self.user = ec.generate_private_key(ec.SECP256R1()), name, ""
        self.flags = Flag.UP | (Flag.UV if asks else Flag(0))

    def register(self, options) -> str:
        """The answer to a challenge of the page that adds a passkey."""
        wanted = options["publicKey"]
        self.user = wanted["user"]["id"]
        held = AttestedCredentialData.create(
            Aaguid(bytes(16)), self.name, ES256.from_cryptography_key(self.key.public_key())
        )
        said = AuthenticatorData.create(sha256(b"localhost"), self.flags | Flag.AT, 0, held)
        proof = AttestationObject.create("none", said, {})
        return self.answer("webauthn.create", wanted, attestationObject=websafe_encode(proof))

    def sign(self, options) -> str:
        """The answer to a challenge of a page that takes a passkey."""
        wanted = options["publicKey"]
        said = AuthenticatorData.create(sha256(b"localhost"), self.flags, 0)
        client = self.client_data("webauthn.get", wanted)
        signature = self.key.sign(said + sha256(client), ec.ECDSA(SHA256()))
        return self.answer(
            "webauthn.get",
            wanted,
            authenticatorData=websafe_encode(said),
            signature=websafe_encode(signature),
            userHandle=self.user,
        )

    def client_data(self, kind, wanted) -> CollectedClientData:
        challenge = websafe_decode(wanted["challenge"])
        return CollectedClientData.create(kind, challenge, "http://localhost")

    def answer(self, kind, wanted, **more) -> str:
        client = websafe_encode(self.client_data(kind, wanted))
        name = websafe_encode(self.name)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {"clientDataJSON": client, **more},
            }
        )
