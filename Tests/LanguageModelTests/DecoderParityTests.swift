import FileSupport
import Foundation
import LanguageModel
import TestSupport
import Testing

/// Every causal family but GPT-2 against transformers (Fixtures/decoder-parity/make_reference.py), read from the folders
/// that transformers saved.
@Suite("The engine agrees with transformers' causal models")
struct DecoderParityTests {
    static let models = [
        "llama", "llama-bias", "mistral", "qwen2", "qwen3", "gemma3", "neox", "neox-sequential", "opt", "opt-post",
        "gemma2", "gemma2-untied",
        "phi3", "phi3-partial",
        "olmo2", "olmo2-bias",
        "gptj", "gptj-tied",
        "bloom", "bloom-after",
    ]
    private let fixture: ParityFixture

    init() throws { fixture = try ParityFixture("decoder-parity") }

    @Test("log-probabilities of every token at every row, and hidden states of every layer", arguments: models)
    func outputs(name: String) throws { try fixture.expectOutputs(name) }

    @Test("the loss, and every gradient by name, tied and untied", arguments: models)
    func gradients(name: String) throws { try fixture.expectGradients(name) }

    @Test("frozen parts take no gradient, and those left are the same", arguments: models)
    func frozen(name: String) throws { try fixture.expectFrozenParts(name) }

    @Test(
        "GPT-NeoX from before transformers 5: older rotary keys, stored masks and frequencies, the head's name in memory"
    )
    func olderNeoX() throws {
        let model = try fixture.model("neox")
        guard case .object(let members) = try JSON.read(fixture.path("neox/config.json")) else { return }
        let config = JSON.object(members.filter { $0.0 != "rope_parameters" })
            .setting("rotary_emb_base", to: 50).setting("rotary_pct", to: 0.75).setting("torch_dtype", to: "float16")
        let folder = try temporaryFolder("neox")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write(config.pretty, to: folder + "/config.json")
        var outputs = model.layout.tensors.map { tensor in
            Safetensors.Output(
                name: tensor.name.replacingOccurrences(of: "embed_out", with: "lm_head"), shape: tensor.shape,
                elements: UnsafeBufferPointer(model.tensor(tensor)))
        }
        let filler = UnsafeBufferPointer(rebasing: model.tensor(model.inputEmbedding)[..<4])
        for name in ["bias", "masked_bias", "rotary_emb.inv_freq"] {
            outputs.append(.init(name: "gpt_neox.layers.1.attention." + name, shape: [1, 2, 2], elements: filler))
        }
        try Safetensors.write(outputs, metadata: [], to: folder + "/model.safetensors")
        let read = try CheckpointFolder.model(in: folder)
        #expect(read.configuration == model.configuration)
        #expect(read.values.buffer.elementsEqual(model.values.buffer))
    }

    @Test("Llama from before transformers 5: stored frequencies, and names without model.")
    func olderLlama() throws {
        let model = try fixture.model("llama")
        let folder = try temporaryFolder("llama")
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try AtomicFile.write(Input.text(fixture.path("llama/config.json")), to: folder + "/config.json")
        var outputs = model.layout.tensors.map { tensor in
            Safetensors.Output(
                name: tensor.name.replacingOccurrences(of: "model.", with: ""), shape: tensor.shape,
                elements: UnsafeBufferPointer(model.tensor(tensor)))
        }
        let filler = UnsafeBufferPointer(rebasing: model.tensor(model.inputEmbedding)[..<4])
        outputs.append(.init(name: "layers.0.self_attn.rotary_emb.inv_freq", shape: [4], elements: filler))
        try Safetensors.write(outputs, metadata: [], to: folder + "/model.safetensors")
        let read = try CheckpointFolder.model(in: folder)
        #expect(read.values.buffer.elementsEqual(model.values.buffer))
    }

    @Test("OPT without its final norm, as _remove_final_layer_norm asks, predicts from the last block's output")
    func noFinalNorm() throws {
        let model = try fixture.model("opt")
        let sizes = model.configuration
        var without = sizes
        without.finalNorm = false
        let other = TransformerModel(zeroed: without)
        #expect(other.layout["model.decoder.final_layer_norm.weight"] == nil)
        #expect(other.layout.tensors.count == model.layout.tensors.count - 2)
        for tensor in other.layout.tensors {
            let source = try #require(model.layout[tensor.name])
            _ = other.tensor(tensor).update(fromContentsOf: model.tensor(source))
        }
        let rows = [0, 8, 30]
        let stream = try #require(model.residualStates(at: rows, in: fixture.packed)[.stream(sizes.layerCount)])
        #expect(other.hiddenStates(at: rows, in: fixture.packed).last?.elements == stream.elements)
    }

    @Test(
        "settings that change the arithmetic are refused, by key",
        arguments: [
            ("llama", "\"mlp_bias\": false", "\"mlp_bias\": null", "mlp_bias is null"),
            ("llama", "\"rope_type\": \"llama3\"", "\"rope_type\": \"ntk\"", "ntk"),
            ("llama", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", "does not divide"),
            ("llama", "\"model_type\": \"llama\"", "\"model_type\": \"mamba\"", "model family is mamba"),
            ("gemma3", "\"final_logit_softcapping\": null", "\"final_logit_softcapping\": 0", "softcapping is 0"),
            ("gemma3", "\"full_attention\",", "\"chunked_attention\",", "chunked_attention"),
            ("qwen2", "\"hidden_act\": \"silu\"", "\"hidden_act\": \"relu6\"", "hidden_act is relu6"),
            ("neox", "\"hidden_act\": \"gelu\"", "\"hidden_act\": \"mish\"", "hidden_act is mish"),
            ("neox", "\"partial_rotary_factor\": 0.75", "\"partial_rotary_factor\": 1.5", "rotary_pct 1.5"),
            ("neox", "\"rope_type\": \"default\"", "\"rope_type\": \"proportional\"", "proportional"),
            ("neox", "\"num_attention_heads\": 2", "\"num_attention_heads\": 3", "does not divide"),
            ("opt", "\"word_embed_proj_dim\": 16", "\"word_embed_proj_dim\": 0", "word_embed_proj_dim is 0"),
            (
                "opt", "\"activation_function\": \"relu\"", "\"activation_function\": \"sigmoid\"",
                "activation_function is"
            ),
            (
                "opt", "\"layer_norm_elementwise_affine\": true", "\"layer_norm_elementwise_affine\": false",
                "layer_norm_elementwise_affine is false"
            ),
            (
                "gemma2", "\"attn_logit_softcapping\": 2.0", "\"attn_logit_softcapping\": 0",
                "attn_logit_softcapping is 0"
            ),
            ("gemma2", "\"query_pre_attn_scalar\": 10", "\"query_pre_attn_scalar\": -1", "query_pre_attn_scalar is -1"),
            ("gemma2", "\"sliding_window\": 5", "\"sliding_window\": null", "sliding_window is null"),
            (
                "phi3", "\"rope_type\": \"default\"", "\"rope_type\": \"longrope\"",
                "rope_parameters.short_factor is missing"
            ),
            ("phi3", "\"rope_type\": \"default\"", "\"rope_type\": \"linear\"", "rotary positions of type linear"),
            (
                "phi3-partial", "\"partial_rotary_factor\": 0.75", "\"partial_rotary_factor\": 1.2",
                "partial_rotary_factor 1.2"
            ),
            ("olmo2", "\"hidden_act\": \"silu\"", "\"hidden_act\": \"mish\"", "hidden_act is mish"),
            ("gptj", "\"rotary_dim\": 4", "\"rotary_dim\": 3", "rotary_dim 3"),
            ("gptj", "\"rotary_dim\": 4", "\"rotary_dim\": null", "rotary_dim is null"),
            (
                "bloom", "\"pretraining_tp\": 1,\n  \"slow_but_exact\": false",
                "\"pretraining_tp\": 2,\n  \"slow_but_exact\": true", "slow_but_exact"
            ),
        ])
    func refusals(name: String, old: String, new: String, message: String) throws {
        try fixture.expectRefusal(name, old, new, message)
    }
}
