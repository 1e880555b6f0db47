// swift-tools-version: 6.1
import PackageDescription

// Every folder under Sources has one subject; arrows go one way, down this list.
// docs/architecture.md draws them.

/// A test target of its own for each module, with the fixtures beside it.
func test(_ name: String, _ dependencies: [Target.Dependency], resources: Bool = false) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["TestSupport"],
        resources: resources ? [.copy("Fixtures")] : [])
}

var tests: [Target] {
    [
        test("FileSupport", ["FileSupport"]),
        test("LinearAlgebra", ["LinearAlgebra", "FileSupport"]),
        test("Statistics", ["Statistics", "LinearAlgebra"]),
        test("LanguageModel", ["LanguageModel", "LinearAlgebra", "FileSupport", "CKernels"], resources: true),
        test("RunStore", ["RunStore", "Records", "CHDF5", "store-kill-probe", "LinearAlgebra", "FileSupport"]),
        test(
            "Embeddings",
            ["Embeddings", "RunStore", "Records", "LanguageModel", "LinearAlgebra", "FileSupport", "BuiltInStudy"]),
        test(
            "Unlearn", ["Unlearn", "Records", "LanguageModel", "LinearAlgebra", "FileSupport", "BuiltInStudy"],
            resources: true),
        test(
            "Evaluate",
            [
                "Embeddings", "Evaluate", "Records", "LanguageModel", "LinearAlgebra", "FileSupport", "Statistics",
                "BuiltInStudy", "Report", "Study",
            ], resources: true),
        test(
            "Counterfactuals",
            [
                "Attribution", "Counterfactuals", "Evaluate", "LanguageModel", "LinearAlgebra", "Records", "Unlearn",
                "BuiltInStudy",
            ]),
        test("Analyze", ["Analyze", "Records", "LinearAlgebra", "Statistics"]),
        test("Report", ["Report", "Analyze", "Records", "FileSupport"], resources: true),
        test("SyntheticStudies", ["SyntheticStudies", "FileSupport", "LinearAlgebra", "BuiltInStudy"]),
        test(
            "StudyFiles",
            [
                "StudyFiles", "Evaluate", "Unlearn", "FileSupport", "LanguageModel", "BuiltInStudy",
                .product(name: "Yams", package: "Yams"),
            ]),
        test(
            "Study",
            [
                "Study", "StudyFiles", "FileSupport", "Analyze", "Embeddings", "Evaluate", "Attribution",
                "Counterfactuals",
                "Unlearn", "LanguageModel", "LinearAlgebra", "Records", "RunStore", "Statistics", "BuiltInStudy",
                "Report",
            ]),
        test(
            "Extension",
            [
                "BuiltInStudy", "Evaluate", "FileSupport", "Records", "Report", "RunStore", "Study", "StudyFiles",
                "Unlearn",
            ]),
        test(
            "CommandLine",
            [
                "Study", "StudyFiles", "FileSupport", "BuiltInStudy", "LanguageModel", "LinearAlgebra", "Report",
                "RunStore",
                "CHDF5", "driftscope", "driftscope-fuzz",
            ]),
    ]
}

let package = Package(
    name: "driftscope",
    platforms: [.macOS(.v15)],
    products: [
        // A product vends the modules whose types its interface uses.
        .library(
            name: "Embeddings", targets: ["Embeddings", "RunStore", "Records", "LanguageModel", "LinearAlgebra"]),
        .library(
            name: "Unlearn",
            targets: ["Unlearn", "Evaluate", "Records", "LanguageModel", "LinearAlgebra", "FileSupport"]),
        .library(name: "Analyze", targets: ["Analyze", "Records", "LinearAlgebra"]),
        .executable(name: "driftscope", targets: ["driftscope"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        // Only for `make docs`; nothing that is built depends on it.
        .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    ],
    targets: [
        // System libraries. The shims turn C macros, which Swift cannot import, into functions.
        .systemLibrary(
            name: "CHDF5",
            pkgConfig: "hdf5",
            providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
        .systemLibrary(
            name: "COpenBLAS",
            pkgConfig: "openblas",
            providers: [.apt(["libopenblas-dev"]), .brew(["openblas"])]),
        .systemLibrary(
            name: "CCrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]),
        // Element-wise kernels in C: Swift reaches AVX2 only through unsafe flags, which a package
        // that others depend on must not carry; a C function can ask for it by attribute.
        // The products in float32 stand there too: oneDNN has no pkg-config file that a system library could name.
        .target(
            name: "CKernels",
            linkerSettings: [
                .linkedLibrary("m"), .linkedLibrary("dnnl", .when(platforms: [.linux])),
                .linkedFramework("Accelerate", .when(platforms: [.macOS])),
            ]),

        .target(name: "FileSupport", dependencies: ["CCrypto"]),
        .target(name: "LinearAlgebra", dependencies: ["COpenBLAS", "CKernels", "FileSupport"]),
        .target(name: "Statistics", dependencies: ["LinearAlgebra"]),
        .target(
            name: "LanguageModel",
            dependencies: [
                "CKernels", "FileSupport", "LinearAlgebra", .product(name: "HeapModule", package: "swift-collections"),
            ]),
        .target(name: "Records", dependencies: ["LinearAlgebra"]),
        .target(name: "RunStore", dependencies: ["CHDF5", "FileSupport", "LinearAlgebra", "Records"]),
        .target(
            name: "Embeddings", dependencies: ["FileSupport", "LanguageModel", "LinearAlgebra", "Records", "RunStore"]),
        .target(name: "Unlearn", dependencies: ["FileSupport", "LanguageModel", "LinearAlgebra", "Records"]),
        .target(
            name: "Evaluate",
            dependencies: ["FileSupport", "LanguageModel", "LinearAlgebra", "Records", "Statistics"]),
        .target(
            name: "Attribution",
            dependencies: ["Evaluate", "LanguageModel", "LinearAlgebra", "Records", "Statistics", "Unlearn"]),
        .target(
            name: "Counterfactuals",
            dependencies: [
                "Attribution", "Evaluate", "LanguageModel", "LinearAlgebra", "Records", "Statistics", "Unlearn",
            ]),
        .target(name: "Analyze", dependencies: ["FileSupport", "LinearAlgebra", "Records", "Statistics"]),
        .target(
            name: "Report",
            dependencies: ["Analyze", "FileSupport", "Records"],
            resources: [.embedInCode("Templates")]),
        .target(name: "SyntheticStudies", dependencies: ["FileSupport", "LinearAlgebra"]),
        .target(name: "BuiltInStudy", path: "data", exclude: ["README.md"], resources: [.copy("files")]),
        .target(
            name: "StudyFiles",
            dependencies: [
                "BuiltInStudy", "Evaluate", "FileSupport", "LanguageModel", "Records", "Unlearn",
                .product(name: "Yams", package: "Yams"),
            ]),
        .target(
            name: "Study",
            dependencies: [
                "Analyze", "BuiltInStudy", "Embeddings", "Evaluate", "FileSupport", "SyntheticStudies",
                "Attribution", "Counterfactuals", "LanguageModel", "LinearAlgebra", "Records", "Report", "RunStore",
                "Statistics", "StudyFiles", "Unlearn",
            ]),
        .executableTarget(
            name: "driftscope",
            dependencies: [
                "Study", "StudyFiles", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests: one folder a target, and what they share.
        .target(
            name: "TestSupport",
            dependencies: [
                "CHDF5", "Evaluate", "FileSupport", "LanguageModel", "LinearAlgebra", "Records", "RunStore",
            ],
            path: "Tests/TestSupport"),
        // Writes into a run store until it is killed.
        .executableTarget(
            name: "store-kill-probe", dependencies: ["Records", "RunStore"], path: "Tests/StoreKillProbe"),
        // Gives changed files to everything that reads one (`make fuzz`).
        .executableTarget(
            name: "driftscope-fuzz",
            dependencies: [
                "BuiltInStudy", "CHDF5", "Embeddings", "Evaluate", "FileSupport", "LanguageModel", "LinearAlgebra",
                "Report", "RunStore", "Study", "StudyFiles", "SyntheticStudies", "Unlearn",
            ],
            path: "Tests/Fuzz"),
    ] + tests,
    swiftLanguageModes: [.v6]
)
