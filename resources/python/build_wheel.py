"""Build backend of pyproject.toml: writes a wheel with galapagos.py, without setuptools.

Writes nothing into this folder, which may be read-only.
"""

import base64
import hashlib
import os
import re
import zipfile

_HERE = os.path.dirname(os.path.abspath(__file__))


def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    """Writes the wheel and returns its file name."""
    source = _read("galapagos.py")
    version = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE).group(1)
    folder = "galapagos_client-%s.dist-info" % version
    files = {
        "galapagos.py": source,
        folder + "/METADATA": "Metadata-Version: 2.1\nName: galapagos-client\nVersion: %s\n"
        "Summary: Client of Galapagos for training scripts\nLicense: MIT\n"
        "Requires-Python: >=3.8\n" % version,
        folder + "/WHEEL": "Wheel-Version: 1.0\nGenerator: galapagos\nRoot-Is-Purelib: true\n"
        "Tag: py3-none-any\n",
    }
    record = "".join("%s,%s,%d\n" % _entry(name, text) for name, text in files.items())
    files[folder + "/RECORD"] = "%s%s/RECORD,,\n" % (record, folder)
    name = "galapagos_client-%s-py3-none-any.whl" % version
    with zipfile.ZipFile(os.path.join(wheel_directory, name), "w", zipfile.ZIP_DEFLATED) as wheel:
        for path, text in files.items():
            wheel.writestr(path, text.encode("utf-8"))
    return name


def _entry(name, text):
    data = text.encode("utf-8")
    digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode("ascii")
    return name, "sha256=" + digest, len(data)


def _read(name):
    with open(os.path.join(_HERE, name), encoding="utf-8", newline="") as file:
        return file.read()
