"""Nouns whose calls carry files: documents and deployments, there and back."""

import json
from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec
from msgspec import UNSET

from c8py.client import rest_forms
from c8py.client._async.noun import AsyncNoun
from c8py.client.values import ResourceFile, json_bytes, replacing, resources
from c8py.errors import InvalidArgument
from c8py.models.document import DocumentCreationBatchResponse, DocumentMetadata, DocumentReference
from c8py.models.keys import DocumentId, ResourceKey
from c8py.models.resource import DeploymentResult
from c8py.transport import Part

_FILE: Final = "application/octet-stream"


class AsyncResourceUploads(AsyncNoun):
    """Deployments."""

    async def create_deployment(
        self, *files: ResourceFile, tenant_id: str | None = None, timeout_s: float | None = None
    ) -> DeploymentResult:
        """Deploy files, all or none: `POST /deployments`, since 8.6.

        Args:
            files: paths, or pairs of a name and the content; the ending of the name says what it is.
            tenant_id: None is the client's own.
            timeout_s: for all attempts together, in seconds; None is the client's own.

        Raises:
            InvalidArgument: a file cannot be read, or the cluster refuses the model and says why.
            C8Error: the call failed.
        """
        plain = await self._request("createDeployment", timeout_s=timeout_s)
        request = rest_forms.deployment(plain, resources(files), tenant_id=self._tenant(tenant_id))
        return self._read(await self._connection.rest().send(request), DeploymentResult, request.call)

    def download(self, resource_key: ResourceKey, *, timeout_s: float | None = None) -> AsyncGenerator[bytes, None]:
        """A resource piece by piece: `GET /resources/{resourceKey}/content/binary`, since 8.10.

        Args:
            resource_key: of what was deployed.
            timeout_s: for the whole of it, in seconds; None is ten minutes.

        Returns:
            An iterator of pieces of at most 64 KiB; closing it ends the call. It raises C8Error when that fails.
        """
        path = (str(resource_key),)
        return self._download("getResourceContentBinary", path=path, query=None, timeout_s=timeout_s)


class AsyncDocumentUploads(AsyncNoun):
    """Documents that are put into a store and had from it."""

    def download(
        self,
        document_id: DocumentId,
        *,
        store_id: str | None = None,
        content_hash: str | None = None,
        timeout_s: float | None = None,
    ) -> AsyncGenerator[bytes, None]:
        """A document piece by piece, whatever its size: `GET /documents/{documentId}`, since 8.6.

        Args:
            document_id: of the document.
            store_id: None is the cluster's own default.
            content_hash: that its reference has; stores that made it want it.
            timeout_s: for the whole of it, in seconds; None is ten minutes.

        Returns:
            An iterator of pieces of at most 64 KiB; closing it ends the call. It raises C8Error when that fails.
        """
        query = {"storeId": store_id, "contentHash": content_hash}
        return self._download("getDocument", path=(document_id,), query=query, timeout_s=timeout_s)

    async def save(
        self,
        document_id: DocumentId,
        path: str | Path,
        *,
        store_id: str | None = None,
        content_hash: str | None = None,
        timeout_s: float | None = None,
    ) -> Path:
        """Save a document as a file; one that is there is replaced, once all of it has come.

        Args:
            document_id: of the document.
            path: of the file.
            store_id: None is the cluster's own default.
            content_hash: that its reference has; stores that made it want it.
            timeout_s: for the whole of it, in seconds; None is ten minutes.

        Returns:
            The path of the file.

        Raises:
            C8Error: the call failed; what was there is there still.
            OSError: the file cannot be written.
        """
        chunks = self.download(document_id, store_id=store_id, content_hash=content_hash, timeout_s=timeout_s)
        with replacing(Path(path)) as file:
            async for chunk in chunks:
                file.write(chunk)
        return Path(path)

    async def create(
        self,
        file: ResourceFile,
        *,
        metadata: DocumentMetadata | None = None,
        store_id: str | None = None,
        document_id: str | None = None,
        timeout_s: float | None = None,
    ) -> DocumentReference:
        """Store a document: `POST /documents`, since 8.6.

        Args:
            file: a path, or a pair of a name and the content.
            metadata: content type, name, when it expires, and properties of your own.
            store_id: None is the cluster's own default.
            document_id: None lets the store choose one.
            timeout_s: for all attempts together, in seconds; None is the client's own.

        Raises:
            InvalidArgument: the file cannot be read, or the cluster refuses it.
            C8Error: the call failed.
        """
        (name, content) = resources([file])[0]
        parts = [_document("file", name, content, metadata)]
        if metadata is not None:
            parts.append(Part(name="metadata", content=json_bytes(metadata), content_type="application/json"))
        query = {"storeId": store_id, "documentId": document_id}
        return self._read(
            await self._stored("createDocument", parts, query, timeout_s), DocumentReference, "createDocument"
        )

    async def create_batch(
        self,
        *files: ResourceFile,
        metadata: Sequence[DocumentMetadata] = (),
        store_id: str | None = None,
        timeout_s: float | None = None,
    ) -> DocumentCreationBatchResponse:
        """Store several documents: `POST /documents/batch`, since 8.7.

        Args:
            files: paths, or pairs of a name and the content.
            metadata: of each file, in the same order; empty for none at all.
            store_id: None is the cluster's own default.
            timeout_s: for all attempts together, in seconds; None is the client's own.

        Returns:
            What was stored, and what was not, and why: some may fail while others do not.

        Raises:
            InvalidArgument: a file cannot be read, or there are more or fewer metadata than files.
            C8Error: the call failed.
        """
        found = resources(files)
        if metadata and len(metadata) != len(found):
            raise InvalidArgument(f"expected metadata of {len(found)} files, but got those of {len(metadata)}")
        told = list(metadata) or [None] * len(found)
        parts = [_document("files", name, content, one) for (name, content), one in zip(found, told, strict=True)]
        sent = await self._stored("createDocuments", parts, {"storeId": store_id}, timeout_s)
        return self._read(sent, DocumentCreationBatchResponse, "createDocuments")

    async def _stored(
        self, operation: str, parts: Sequence[Part], query: Mapping[str, object], timeout_s: float | None
    ) -> bytes:
        plain = await self._request(operation, query=query, timeout_s=timeout_s)
        return await self._connection.rest().send(rest_forms.form(plain, parts))


def _document(field: str, name: str, content: bytes, metadata: DocumentMetadata | None) -> Part:
    kind = _FILE if metadata is None or metadata.content_type is UNSET else metadata.content_type
    # The metadata of one file among several stand in a header of its part; JSON in ASCII is a safe value.
    told = () if metadata is None or field == "file" else (("x-document-metadata", _ascii(metadata)),)
    return Part(name=field, content=content, filename=name, content_type=kind, headers=told)


def _ascii(metadata: DocumentMetadata) -> str:
    return json.dumps(msgspec.to_builtins(metadata), ensure_ascii=True)
