{
  "targets": [
    {
      "target_name": "parley_engine",
      "sources": ["<!@(node build.mjs --list-sources)"],
      "include_dirs": ["native"],
      "defines": ["NAPI_VERSION=9"],
      "cflags!": ["-O2"],
      "cflags_cc!": ["-std=gnu++17", "-fno-rtti", "-O2"],
      "cflags_cc": [
        "-std=c++17", "-O3", "-fvisibility=hidden", "-fno-rtti", "-fno-exceptions", "-Wall", "-Wextra", "-Wno-unused-parameter"
      ],
      "xcode_settings": {
        "CLANG_CXX_LANGUAGE_STANDARD": "c++17",
        "GCC_OPTIMIZATION_LEVEL": "3",
        "GCC_SYMBOLS_PRIVATE_EXTERN": "YES",
        "MACOSX_DEPLOYMENT_TARGET": "11.0"
      }
    }
  ]
}
