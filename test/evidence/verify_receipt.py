#!/usr/bin/env python3
"""A second verifier of receipts, written from docs/receipt.md alone and sharing no line with the first: where the two differ, one of
them, or the document, is wrong. It needs Python 3 and python3-cryptography. The receipt is hostile, the trust roots are trusted.

    verify_receipt.py receipt.json trust-roots.json    one verdict; exit 0 when valid or unproven, 1 when not, 2 without readable roots
    verify_receipt.py --batch DIR...                   one line of JSON for each vector {roots, receipt, ...} in these directories

Each file of second_verifier/ is one or a few sections of the document, in its order and by its words.
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True

from second_verifier.documents import read_roots  # noqa: E402
from second_verifier.receipt import verdict  # noqa: E402
from second_verifier.texts import canonical  # noqa: E402


def main(arguments):
    if arguments[:1] == ['--batch'] and len(arguments) > 1:
        for file in sorted(file for folder in arguments[1:] for file in pathlib.Path(folder).glob('*.json')):
            vector = json.loads(file.read_bytes())
            # A vector whose point is the spelling of the file holds it as text.
            receipt = vector['receipt'].encode('utf-8') if isinstance(vector['receipt'], str) else canonical(vector['receipt'])
            print(json.dumps({'file': str(file), **verdict(receipt, read_roots(json.dumps(vector['roots'])))}))
        return 0
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    try:
        roots = read_roots(pathlib.Path(arguments[1]).read_text('utf-8'))
    except (OSError, ValueError, RecursionError) as error:
        print(f'the trust roots cannot be read: {error}', file=sys.stderr)
        return 2
    answer = verdict(pathlib.Path(arguments[0]).read_bytes(), roots)
    print(json.dumps(answer))
    return 1 if answer['verdict'] == 'invalid' else 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
