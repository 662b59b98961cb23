"""Appending signatures to a PDF in time that grows with their number, not with its square.

pyHanko's own writer reads the whole file again for each signature: the cross-reference chain and every form field,
which is 12 s for 200 lenders. Here pyHanko makes the fields once, and each signature adds one revision of two objects
(the field, now with a value, and the signature), whose places are known without reading anything.
"""

from datetime import datetime
from hashlib import sha256
from io import SEEK_END, BytesIO

from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.generic import pdf_name
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.fields import (
    FieldMDPAction,
    FieldMDPSpec,
    MDPPerm,
    SigFieldSpec,
    SigSeedSubFilter,
    append_signature_field,
    ensure_sig_flags,
)
from pyhanko.sign.signers.cms_embedder import fieldmdp_reference_dictionary
from pyhanko.sign.signers.constants import ISO32002
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest, SignatureObject

from lending.documents.signature_page import PLATFORM_FIELD, SignatureField

_LOCK_EVERYTHING = FieldMDPSpec(FieldMDPAction.ALL)


def add_signature_fields(pdf: bytes, fields: tuple[SignatureField, ...]) -> bytes:
    """Return the PDF with an empty signature field for each party; the platform's locks the document once signed."""
    writer = IncrementalPdfFileWriter(BytesIO(pdf))
    # PDF 2.0 wants ECDSA declared; done here, no later revision has to touch the catalogue.
    writer.register_extension(ISO32002)
    for field in fields:
        closes = field.name == PLATFORM_FIELD
        spec = SigFieldSpec(
            field.name,
            on_page=field.page,
            box=field.box,
            field_mdp_spec=_LOCK_EVERYTHING if closes else None,
            doc_mdp_update_value=MDPPerm.NO_CHANGES if closes else None,
        )
        append_signature_field(writer, spec)
    appearance = generic.DictionaryObject({pdf_name("/N"): writer.add_object(_empty_picture())})
    for reference in writer.root["/AcroForm"]["/Fields"]:
        reference.get_object()[pdf_name("/AP")] = appearance
    ensure_sig_flags(writer, lock_sig_flags=True)
    output = BytesIO()
    writer.write(output)
    return output.getvalue()


def _empty_picture() -> generic.StreamObject:
    """PDF/A wants an appearance for each widget; what there is to see is the block that the page prints."""
    entries = {
        pdf_name("/Type"): pdf_name("/XObject"),
        pdf_name("/Subtype"): pdf_name("/Form"),
        pdf_name("/BBox"): generic.ArrayObject([generic.NumberObject(0)] * 4),
    }
    return generic.StreamObject(entries, stream_data=b"")


class SignatureAppender:
    """Appends one signature after another; knows where everything is because it wrote it itself.

    `open_signature` writes the revision and returns the digest to sign, `close_signature` puts the signature in.
    """

    def __init__(self, pdf: bytes) -> None:
        """Read the places of the fields. Raises ValueError for a file whose revisions have another form."""
        reader = PdfFileReader(BytesIO(pdf))
        if reader.has_xref_stream or reader.encrypted:
            raise ValueError("signatures are appended to plain PDF files with cross-reference tables only")
        self._file = BytesIO(pdf)
        self._hash = sha256(pdf)
        self._open: PreparedByteRangeDigest | None = None
        self._next_number = int(reader.trailer["/Size"])
        self._last_xref = reader.last_startxref
        self._root = reader.trailer.raw_get("/Root")
        self._id = reader.trailer["/ID"]
        self._fields = {
            str(reference.get_object()["/T"]): (reference.idnum, reference.get_object())
            for reference in reader.root["/AcroForm"]["/Fields"]
        }

    def open_signature(self, field_name: str, *, signed_at: datetime, name: str, reason: str, room: int) -> bytes:
        """Append a revision that signs the field, with `room` bytes for the signature; return the SHA-256 to sign."""
        signature = SignatureObject(
            timestamp=signed_at, subfilter=SigSeedSubFilter.PADES, name=name, reason=reason, bytes_reserved=2 * room
        )
        field_number, field = self._fields[field_name]
        if field_name == PLATFORM_FIELD:
            signature[pdf_name("/Reference")] = self._closing_reference()
        field[pdf_name("/V")] = generic.IndirectObject(self._next_number, 0, None)

        start = self._file.seek(0, SEEK_END)
        places = {field_number: self._write_object(field_number, field)}
        places[self._next_number] = self._write_object(self._next_number, signature)
        self._next_number += 1
        end = self._write_cross_references(places)

        contents_start, contents_end = signature.contents.offsets
        signature.byte_range.fill_offsets(self._file, contents_start, contents_end, end)
        digest = self._hash.copy()
        with self._file.getbuffer() as content:
            digest.update(content[start:contents_start])
            digest.update(content[contents_end:end])
        self._open = PreparedByteRangeDigest(digest.digest(), contents_start, contents_end)
        self._revision_start = start
        return self._open.document_digest

    def close_signature(self, cms_der: bytes) -> None:
        """Put the signature of the last digest into its place. Raises SigningError when it needs more room."""
        assert self._open is not None
        self._open.fill_with_cms(self._file, cms_der)
        self._open = None
        with self._file.getbuffer() as content:
            self._hash.update(content[self._revision_start :])

    def signed_file(self) -> bytes:
        """Return the file as it is now."""
        return self._file.getvalue()

    def _write_object(self, number: int, value: generic.PdfObject) -> int:
        place = self._file.tell()
        self._file.write(b"\n%d 0 obj\n" % number)
        value.write_to_stream(self._file, None)
        self._file.write(b"\nendobj\n")
        return place + 1

    def _write_cross_references(self, places: dict[int, int]) -> int:
        at = self._file.tell()
        self._file.write(b"xref\n")
        for number in sorted(places):
            self._file.write(b"%d 1\n%010d 00000 n \n" % (number, places[number]))
        trailer = generic.DictionaryObject(
            {
                pdf_name("/Size"): generic.NumberObject(self._next_number),
                pdf_name("/Root"): self._root,
                pdf_name("/ID"): self._id,
                pdf_name("/Prev"): generic.NumberObject(self._last_xref),
            }
        )
        self._file.write(b"trailer\n")
        trailer.write_to_stream(self._file, None)
        self._file.write(b"\nstartxref\n%d\n%%%%EOF\n" % at)
        self._last_xref = at
        return self._file.tell()

    def _closing_reference(self) -> generic.ArrayObject:
        reference = fieldmdp_reference_dictionary(_LOCK_EVERYTHING, data_ref=self._root.reference)
        # The lock's permission stands beside the field lock, where Acrobat writes and reads it.
        reference["/TransformParams"][pdf_name("/P")] = generic.NumberObject(MDPPerm.NO_CHANGES.value)
        return generic.ArrayObject([reference])
