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
        test("LinearAlgebra", ["LinearAlgebra"]),
        test("Statistics", ["Statistics", "LinearAlgebra"]),
        test("LanguageModel", ["LanguageModel", "LinearAlgebra", "FileSupport", "CKernels"], resources: true),
        test(
            "Embeddings",
            ["Embeddings", "store-kill-probe", "LanguageModel", "LinearAlgebra", "FileSupport", "BuiltInStudy"]),
        test("Unlearn", ["Unlearn", "LanguageModel", "LinearAlgebra", "FileSupport", "BuiltInStudy"]),
        test(
            "Evaluate", ["Evaluate", "LanguageModel", "LinearAlgebra", "FileSupport", "Statistics", "BuiltInStudy"],
            resources: true),
        test(
            "Counterfactuals",
            ["Attribution", "Counterfactuals", "Evaluate", "LanguageModel", "LinearAlgebra", "Unlearn", "BuiltInStudy"]),
        test("Analyze", ["Analyze", "LinearAlgebra", "Statistics"]),
        test("Report", ["Report", "Analyze", "FileSupport"]),
        test("SyntheticStudies", ["SyntheticStudies", "FileSupport", "LinearAlgebra", "BuiltInStudy"]),
        test("StudyFiles", ["StudyFiles", "FileSupport", "BuiltInStudy", .product(name: "Yams", package: "Yams")]),
        test(
            "Study",
            [
                "Study", "StudyFiles", "FileSupport", "Analyze", "Embeddings", "Evaluate", "Attribution",
                "Counterfactuals",
                "Unlearn", "LanguageModel",
                "LinearAlgebra", "Statistics", "BuiltInStudy", "Report",
            ]),
        test("CommandLine", ["Study", "StudyFiles", "FileSupport", "BuiltInStudy", "LanguageModel", "driftscope"]),
    ]
}

let package = Package(
    name: "driftscope",
    platforms: [.macOS(.v15)],
    products: [
        // A product vends the modules whose types its interface uses.
        .library(name: "Embeddings", targets: ["Embeddings", "LanguageModel", "LinearAlgebra"]),
        .library(name: "Unlearn", targets: ["Unlearn", "Evaluate", "LanguageModel", "LinearAlgebra", "FileSupport"]),
        .library(name: "Analyze", targets: ["Analyze"]),
        .executable(name: "driftscope", targets: ["driftscope"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
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
        .target(
            name: "CKernels",
            linkerSettings: [.linkedLibrary("m")]),

        .target(name: "FileSupport", dependencies: ["CCrypto"]),
        .target(name: "LinearAlgebra", dependencies: ["COpenBLAS", "CKernels"]),
        .target(name: "Statistics", dependencies: ["LinearAlgebra"]),
        .target(name: "LanguageModel", dependencies: ["CKernels", "FileSupport", "LinearAlgebra"]),
        .target(name: "Embeddings", dependencies: ["CHDF5", "FileSupport", "LanguageModel", "LinearAlgebra"]),
        .target(name: "Unlearn", dependencies: ["FileSupport", "LanguageModel", "LinearAlgebra"]),
        .target(
            name: "Evaluate",
            dependencies: ["FileSupport", "LanguageModel", "LinearAlgebra", "Statistics"]),
        .target(
            name: "Attribution",
            dependencies: ["Evaluate", "LanguageModel", "LinearAlgebra", "Statistics", "Unlearn"]),
        .target(
            name: "Counterfactuals",
            dependencies: ["Attribution", "Evaluate", "LanguageModel", "LinearAlgebra", "Statistics", "Unlearn"]),
        .target(name: "Analyze", dependencies: ["LinearAlgebra", "Statistics"]),
        .target(
            name: "Report",
            dependencies: [
                "Analyze", "FileSupport", .product(name: "Mustache", package: "swift-mustache"),
            ],
            resources: [.embedInCode("Templates")]),
        .target(name: "SyntheticStudies", dependencies: ["FileSupport", "LinearAlgebra"]),
        .target(name: "BuiltInStudy", path: "data", exclude: ["README.md"], resources: [.copy("files")]),
        .target(
            name: "StudyFiles",
            dependencies: ["BuiltInStudy", "FileSupport", .product(name: "Yams", package: "Yams")]),
        .target(
            name: "Study",
            dependencies: [
                "Analyze", "BuiltInStudy", "Embeddings", "Evaluate", "FileSupport", "SyntheticStudies",
                "Attribution", "Counterfactuals", "LanguageModel", "LinearAlgebra", "Report", "Statistics",
                "StudyFiles", "Unlearn",
            ]),
        .executableTarget(
            name: "driftscope",
            dependencies: [
                "Study", "StudyFiles", .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),

        // Tests: one folder a target, and what they share.
        .target(
            name: "TestSupport", dependencies: ["LanguageModel", "LinearAlgebra"], path: "Tests/TestSupport"),
        // Writes into a run store until it is killed.
        .executableTarget(name: "store-kill-probe", dependencies: ["Embeddings"], path: "Tests/StoreKillProbe"),
    ] + tests,
    swiftLanguageModes: [.v6]
)
