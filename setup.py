"""Builds ext/ as ``pibench._native`` and installs models/ as ``pibench.models``.

Everything else about the package is in pyproject.toml.
"""

from pathlib import Path

from Cython.Build import cythonize
from setuptools import Extension, find_packages, setup

native = Extension(
    "pibench._native",
    sources=["ext/_native.pyx"],
    depends=sorted(map(str, Path("ext").iterdir())),
    include_dirs=["ext"],
    language="c++",
    extra_compile_args=["-std=c++17", "-O2", "-Wall", "-Wno-unused-function"],
    libraries=["dl"],
)

setup(
    ext_modules=cythonize(
        [native],
        build_dir="build/cython",
        include_path=["ext"],
        compiler_directives={"language_level": 3, "embedsignature": True},
    ),
    packages=[
        *find_packages(include=["pibench", "pibench.*"]),
        "pibench.models",
        *(f"pibench.models.{name}" for name in find_packages("models")),
    ],
    package_dir={"pibench.models": "models"},
)
