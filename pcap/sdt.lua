--[[
Wireshark and tshark (4.0) dissector for SDT and the core-side frame, sdt.md 2, 5 and 7.

	tshark -X lua_script:pcap/sdt.lua -r CAPTURE

or copy this file into the folder that "tshark -G folders" calls Personal Lua Plugins. Ports:
preferences sdt.port and mtccore.port, e.g. -o sdt.port:4000.

What a passive observer can check is reported as expert information; docs/dissector.md lists fields
and rules. The observer has no keys: a forged message is judged as if it were real.
]]

local VERSION = 1
local DATA, RESUME, RESUMED, SYNC = 1, 2, 3, 4
local MO, MT, MT_GROUP, REFUSED = 1, 2, 3, 4
local UPLINK, DOWNLINK = 0, 1

local PAYLOAD_MAX = 1358
local COUNT_HALF, COUNT_END = 2 ^ 31, 2 ^ 32 - 2 ^ 16
local SILENCE_MESSAGES, SILENCE_SECONDS = 4096, 24 * 3600

local NOTE, WARN, ERROR = expert.severity.NOTE, expert.severity.WARN, expert.severity.ERROR

local sdt = Proto("sdt", "Small Data Transmission")
local core = Proto("mtccore", "MTC core-side frame")

-- Fields ------------------------------------------------------------------------------------------

local SDT_TYPES = { [DATA] = "DATA", [RESUME] = "RESUME", [RESUMED] = "RESUMED", [SYNC] = "SYNC" }
local CORE_TYPES = {
	[MO] = "MO data", [MT] = "MT data", [MT_GROUP] = "MT group data", [REFUSED] = "MT refused",
}
local EEA = { [0] = "EEA0 (null)", "EEA1 (SNOW 3G)", "EEA2 (AES)", "EEA3 (ZUC)" }
local EIA = { [0] = "EIA0 (null)", "EIA1 (SNOW 3G)", "EIA2 (AES)", "EIA3 (ZUC)" }
local DIRECTIONS = { [UPLINK] = "uplink", [DOWNLINK] = "downlink" }
local REASONS = {
	[0] = "none", "unknown device", "no valid key or transmission closed", "no device address",
	"too long", "counter exhausted", "overload",
}

local INTEGERS = { [8] = ProtoField.uint8, [16] = ProtoField.uint16, [32] = ProtoField.uint32 }

-- Rows of: name, label, octet, first bit (0 is the most significant), bits, value strings, base.
local function layout(prefix, rows)
	local out = {}
	for i, row in ipairs(rows) do
		local name, label, octet, bit, bits, strings, display = table.unpack(row, 1, 7)
		local size = math.max(8, bits)
		local mask = bits < size and 2 ^ (size - bit) - 2 ^ (size - bit - bits) or nil
		local field
		if bits == 1 then
			field = ProtoField.bool(prefix .. name, label, 8, nil, mask)
		else
			display = display or base.DEC
			field = INTEGERS[size](prefix .. name, label, display, strings, mask)
		end
		out[i] = {
			name = name, field = field,
			octet = octet, octets = size / 8, bit = bit, bits = bits,
		}
	end
	return out
end

local SDT_HEADER = layout("sdt.", {
	{ "version", "Version", 0, 0, 4 },
	{ "type", "Type", 0, 4, 4, SDT_TYPES },
	{ "bearer", "Bearer", 1, 0, 5 },
	{ "t", "T (8-octet tag)", 1, 5, 1 },
	{ "end", "END", 1, 6, 1 },
	{ "rekey", "REKEY", 1, 7, 1 },
	{ "eea", "Encryption", 2, 0, 4, EEA },
	{ "eia", "Integrity", 2, 4, 4, EIA },
	{ "epoch", "Epoch", 3, 0, 8 },
	{ "key_id", "Key id", 4, 0, 32, nil, base.DEC_HEX },
	{ "count", "COUNT", 8, 0, 32 },
})

local CAPABILITIES = layout("sdt.capabilities.", {
	{ "eia3", "EIA3", 0, 0, 1 },
	{ "eia2", "EIA2", 0, 1, 1 },
	{ "eia1", "EIA1", 0, 2, 1 },
	{ "zero", "Zero", 0, 3, 1 },
	{ "eea3", "EEA3", 0, 4, 1 },
	{ "eea2", "EEA2", 0, 5, 1 },
	{ "eea1", "EEA1", 0, 6, 1 },
	{ "eea0", "EEA0", 0, 7, 1 },
})

local CORE_HEADER = layout("mtccore.", {
	{ "version", "Version", 0, 0, 4 },
	{ "type", "Type", 0, 4, 4, CORE_TYPES },
	{ "bearer", "Bearer", 1, 0, 5 },
	{ "zero", "Zero", 1, 5, 1 },
	{ "hold", "HOLD", 1, 6, 1 },
	{ "early", "EARLY", 1, 7, 1 },
	{ "reason", "Reason", 2, 0, 16, REASONS },
	{ "key_id", "Key id", 4, 0, 32, nil, base.DEC_HEX },
})

local SDT_HEADER_LEN, SDT_MIN, CORE_HEADER_LEN = 12, 12 + 4, 16

local SDT_BODY = {
	rand = ProtoField.bytes("sdt.rand", "RAND"),
	capabilities = ProtoField.uint8("sdt.capabilities", "Capabilities", base.HEX),
	ciphertext = ProtoField.bytes("sdt.ciphertext", "Ciphertext"),
	trailing = ProtoField.bytes("sdt.trailing", "Trailing octets"),
	tag = ProtoField.bytes("sdt.tag", "Tag"),
	res = ProtoField.bytes("sdt.res", "RES"),
}

local SDT_GENERATED = {
	direction = ProtoField.uint8("sdt.direction", "Direction", base.DEC, DIRECTIONS),
	length = ProtoField.uint32("sdt.payload_length", "Payload length"),
	request = ProtoField.framenum("sdt.request", "Answer to", base.NONE, frametype.REQUEST),
	response = ProtoField.framenum("sdt.response", "Answer in", base.NONE, frametype.RESPONSE),
	response_time = ProtoField.relative_time("sdt.response_time", "Time since the RESUME"),
	repeats = ProtoField.framenum("sdt.repeats", "Same COUNT as", base.NONE, frametype.DUP_ACK),
}

local CORE_FIELDS = {
	imsi = ProtoField.string("mtccore.imsi", "IMSI"),
	payload = ProtoField.bytes("mtccore.payload", "Payload"),
	length = ProtoField.uint32("mtccore.payload_length", "Payload length"),
	request = ProtoField.framenum("mtccore.request", "Refuses", base.NONE, frametype.REQUEST),
}

-- What follows the header, in this order; the one without a length is what the others leave.
local function body(m)
	if m.type == DATA then
		return { { "ciphertext" }, { "tag", m.t and 8 or 4 } }
	elseif m.type == RESUME then
		return { { "rand", 16 }, { "capabilities", 1 }, { "ciphertext" }, { "tag", 8 } }
	elseif m.type == RESUMED then
		return { { "ciphertext" }, { "res", 8 } }
	end
	return { { "rand", 16 }, { "tag", 8 }, { "trailing" } }
end

-- Rules -------------------------------------------------------------------------------------------

-- A row: name, severity, clause of sdt.md, text, and when it is broken: true, or the number of the
-- frame it is in conflict with. ERROR is for what its receiver drops or refuses, and for what gives
-- data away. "last": nothing behind it makes sense any more.
local function rules(prefix, group, rows)
	local out = {}
	for i, row in ipairs(rows) do
		local name, severity, clause, text, when = table.unpack(row)
		text = ("%s (sdt.md %s)"):format(text, clause)
		out[i] = {
			name = name, severity = severity, text = text, when = when, last = row.last,
			expert = ProtoExpert.new(prefix .. name, text, group, severity),
		}
	end
	return out
end

-- What one SDT message shows by itself.
local SDT_FORM = rules("sdt.expert.", expert.group.PROTOCOL, {
	{ "runt", ERROR, "10", "Shorter than a header and a tag",
		function(m) return m.length < SDT_MIN end, last = true },
	{ "version", ERROR, "2", "Version is not 1",
		function(m) return m.version ~= VERSION end, last = true },
	{ "type", ERROR, "2", "No such type",
		function(m) return not SDT_TYPES[m.type] end, last = true },
	{ "direction", ERROR, "10", "RESUME from a gateway, or RESUMED or SYNC from a device",
		function(m)
			return m.direction == DOWNLINK and m.type == RESUME
				or m.direction == UPLINK and (m.type == RESUMED or m.type == SYNC)
		end },
	{ "rekey", ERROR, "2", "REKEY is the gateway's alone",
		function(m) return m.rekey and (m.direction == UPLINK or m.type == RESUME) end },
	{ "end", WARN, "6", "END belongs in DATA and RESUME from a device",
		function(m)
			local may_end = m.type == DATA or m.type == RESUME
			return m["end"] and (m.direction == DOWNLINK or not may_end)
		end },
	{ "algorithm", ERROR, "10", "EEA or EIA id above 3",
		function(m) return m.eea > 3 or m.eia > 3 end },
	{ "eia", ERROR, "2", "EIA0 never appears",
		function(m) return m.eia == 0 end },
	{ "t", ERROR, "2", "T without EIA2",
		function(m) return m.t and m.eia ~= 2 end },
	{ "key_id", ERROR, "2", "Key id 0",
		function(m) return m.key_id == 0 end },
	{ "short", ERROR, "10", "Shorter than the fields and the tag of its type",
		function(m) return m.payload < 0 end },
	{ "capabilities", ERROR, "2", "Bit 4 of the capabilities is not zero",
		function(m) return m.zero end },
	{ "too_long", ERROR, "1", "Payload above 1358 octets",
		function(m) return m.type ~= SYNC and m.payload > PAYLOAD_MAX end },
	{ "trailing", WARN, "2", "SYNC ends with its tag",
		function(m) return m.type == SYNC and m.payload > 0 end },
	{ "epoch", ERROR, "2", "Epoch is not COUNT mod 256",
		function(m) return m.type ~= DATA and m.epoch ~= m.count % 256 end },
	{ "zero_count", ERROR, "4, 5",
		"COUNT 0 where counting starts at 1: in DATA after a RESUME, elsewhere always",
		function(m) return m.count == 0 and (m.type ~= DATA or m.epoch ~= 0) end },
	{ "exhausted", ERROR, "4", "COUNT is used up",
		function(m) return m.type == DATA and m.count >= COUNT_END end },
	{ "half_used", NOTE, "4", "COUNT has reached 2^31: a new key is due",
		function(m)
			return m.type == DATA and m.count >= COUNT_HALF and m.count < COUNT_END
		end },
	{ "rekey_missing", WARN, "4", "Downlink COUNT is past 2^31, but REKEY is not set",
		function(m)
			return m.type == DATA and m.direction == DOWNLINK and not m.rekey
				and m.count > COUNT_HALF
		end },
})

-- Whether RESUMED chooses what its RESUME neither offers nor has installed.
local function chooses_outside(m, kind)
	local id = m[kind]
	return m.request[kind] ~= id and not m.request.offered[kind .. id]
end

-- The place in its epoch of a message that encrypts nothing; see place().
local NO_KEYSTREAM = "none"

-- What a message shows against the earlier ones of its SA; see recall() for what m knows of them.
local SDT_REUSE = rules("sdt.expert.", expert.group.SECURITY, {
	{ "keystream_reuse", ERROR, "3, 4",
		"COUNT used before with other octets: keystream reuse, or one is forged",
		function(m)
			local same_key = m.type ~= RESUME and m.place ~= NO_KEYSTREAM
			return same_key and m.earlier and not m.repeated and m.earlier.number
		end },
	{ "resume_reuse", ERROR, "5", "This resumption Count has been used for another RESUME",
		function(m)
			local same_count = m.type == RESUME and m.earlier
			return same_count and not m.repeated and m.earlier.number
		end },
})

local SDT_SEQUENCE = rules("sdt.expert.", expert.group.SEQUENCE, {
	{ "retransmission", NOTE, "4, 5", "The same message again",
		function(m) return m.repeated and m.earlier.number end },
	{ "t_changed", WARN, "2", "T is a property of the SA, and was different before",
		function(m) return m.sa.t ~= nil and m.sa.t ~= m.t end },
	{ "algorithm_changed", WARN, "2, 5",
		"Algorithms not those installed (RESUME, SYNC) or not the epoch's (RESUMED, DATA)",
		function(m)
			return m.agreed.algorithms and m.agreed.algorithms ~= m.eea * 16 + m.eia
		end },
	{ "early_data", WARN, "5", "DATA from the device while its RESUME waits for RESUMED",
		function(m)
			local resume = m.new_uplink_data and m.sa.newest
			return resume and not resume.resumed and resume.number
		end },
	{ "wrong_epoch", WARN, "4, 5", "Epoch is not that of the last RESUMED",
		function(m)
			local current = m.type == DATA and not m.repeated and m.sa.in_force
			return current and m.epoch ~= current.epoch and m.epoch ~= m.sa.newest.epoch
				and current.resumed
		end },
	{ "rekey_ignored", NOTE, "4", "DATA although the gateway asked for a RESUME",
		function(m) return m.new_uplink_data and m.sa.rekey end },
	{ "silence", WARN, "4", "DATA after 4096 messages or 24 hours without one from the gateway",
		function(m)
			local heard = m.new_uplink_data and m.sa.heard
			local long = heard and (heard.unanswered >= SILENCE_MESSAGES
				or m.time - heard.time > SILENCE_SECONDS)
			return long and heard.number
		end },
	{ "unasked", WARN, "5", "RESUMED or SYNC without a RESUME before it",
		function(m)
			return m.type == RESUMED and not m.request
				or m.type == SYNC and not m.sa.newest
		end },
	{ "sync_rand", WARN, "5", "RAND is not that of a RESUME",
		function(m)
			return m.type == SYNC and m.rand and m.sa.newest and not m.request
		end },
	{ "sync_count", WARN, "5", "SYNC without REKEY whose COUNT is not above that of the RESUME",
		function(m)
			return m.type == SYNC and m.request and not m.rekey
				and m.count <= m.request.count
		end },
	{ "choice", WARN, "5", "RESUMED chooses an algorithm that its RESUME does not offer",
		function(m)
			return m.type == RESUMED and m.request
				and (chooses_outside(m, "eea") or chooses_outside(m, "eia"))
		end },
	{ "long_answer", WARN, "5", "Answer longer than its request",
		function(m)
			local data = m.type == RESUMED and m.payload or 0
			return m.request and m.type ~= RESUME and m.length - data > m.request.length
		end },
	{ "misdirected", WARN, "5", "Answer to where no copy of the RESUME came from",
		function(m)
			return m.request and m.type ~= RESUME and not m.request.senders[m.device]
		end },
})

local function imsi_digits(tbcd)
	local digits = tbcd:match("^(%d+)f+$")
	return digits and #digits >= 6 and digits
end

local NO_IMSI = ("0"):rep(16)

local CORE_FORM = rules("mtccore.expert.", expert.group.PROTOCOL, {
	{ "runt", ERROR, "10", "Shorter than its header",
		function(m) return m.length < CORE_HEADER_LEN end, last = true },
	{ "version", ERROR, "7", "Version is not 1",
		function(m) return m.version ~= VERSION end, last = true },
	{ "type", ERROR, "7", "No such type",
		function(m) return not CORE_TYPES[m.type] end, last = true },
	{ "zero", ERROR, "7", "Reserved bit set",
		function(m) return m.zero end },
	{ "hold", ERROR, "7", "HOLD in anything but MT data",
		function(m) return m.hold and m.type ~= MT end },
	{ "early", ERROR, "7", "EARLY in anything but MO data",
		function(m) return m.early and m.type ~= MO end },
	{ "reserved", ERROR, "7", "Octets 2 and 3 set in anything but MT refused",
		function(m) return m.type ~= REFUSED and m.reason ~= 0 end },
	{ "reason", ERROR, "7", "No such reason",
		function(m)
			return m.type == REFUSED and (m.reason == 0 or not REASONS[m.reason])
		end },
	{ "key_id", ERROR, "7", "MO data or MT group data without a key id",
		function(m) return m.key_id == 0 and (m.type == MO or m.type == MT_GROUP) end },
	{ "imsi", ERROR, "7", "IMSI is not 6 to 15 digits with filler behind the last",
		function(m)
			-- A refusal of group data echoes its zeros.
			local none = m.type == REFUSED and m.key_id ~= 0 and m.tbcd == NO_IMSI
			local of_device = m.type ~= MT_GROUP and m.tbcd and not none
			return of_device and not imsi_digits(m.tbcd)
		end },
	{ "group_imsi", ERROR, "7", "MT group data with an IMSI",
		function(m) return m.type == MT_GROUP and m.tbcd and m.tbcd ~= NO_IMSI end },
	{ "too_long", ERROR, "1", "Payload above 1358 octets",
		function(m) return m.payload > PAYLOAD_MAX end },
})

local CORE_SEQUENCE = rules("mtccore.expert.", expert.group.SEQUENCE, {
	{ "unasked", WARN, "7", "MT refused echoes no MT frame seen before",
		function(m) return m.type == REFUSED and not m.request end },
})

-- Appends the rules that m breaks; false where nothing further should be asked of it.
local function check(list, m, found)
	local sound = true
	for _, rule in ipairs(list) do
		local hit = rule.when(m)
		if hit then
			found[#found + 1] = { rule = rule, number = tonumber(hit) }
			if rule.last then
				return false
			end
			sound = sound and rule.severity ~= ERROR
		end
	end
	return sound
end

-- What was seen before ----------------------------------------------------------------------------

-- Filled on the first pass alone, when frames come in order. Judgements are kept by frame number
-- for the passes after it.
local sas, refusable, judged

local function forget()
	sas, refusable, judged = {}, {}, {}
end

forget()

local function new_sa()
	return { installed = {}, resumes = {}, rands = {}, epochs = {} }
end

-- The epoch that m belongs to. Only its low 8 bits are on the wire, so that a RESUME with a higher
-- Count begins it anew; what answers an older one finds an epoch of nobody's.
local function epoch_of(sa, m)
	local epoch = sa.epochs[m.epoch]
	local n = m.type ~= DATA and m.count or nil
	if epoch and (not n or n == epoch.n) then
		return epoch
	end
	local fresh = { n = n, used = {} }
	if not epoch or not epoch.n or n > epoch.n then
		sa.epochs[m.epoch] = fresh
	end
	return fresh
end

-- The place of m in its epoch that no other message may take: direction and COUNT. RESUME has COUNT
-- 0 uplink, held data in a RESUMED COUNT 0 downlink.
local function place(m)
	if m.type == RESUMED and m.payload == 0 then
		return NO_KEYSTREAM
	end
	return m.direction .. "/" .. (m.type == DATA and m.count or 0)
end

-- Completes m with what rules ask of the past. Several gateways may have drawn the same key id.
local function recall(m)
	local id = m.gateway .. "/" .. m.key_id
	local sa = sas[id] or new_sa()
	sas[id], m.sa = sa, sa
	if m.type == SYNC then
		m.agreed, m.request = sa.installed, m.rand and sa.rands[m.rand]
		return
	end
	m.place, m.in_epoch = place(m), epoch_of(sa, m)
	m.agreed = m.type == RESUME and sa.installed or m.in_epoch
	m.request = m.type ~= DATA and sa.resumes[m.count] or nil
	m.earlier = m.in_epoch.used[m.place]
	if m.type == RESUME then
		m.earlier = m.request
	end
	m.repeated = m.earlier and m.earlier.octets == m.octets
	m.new_uplink_data = m.type == DATA and m.direction == UPLINK and not m.repeated
end

local function learn_resume(m)
	local sa, resume = m.sa, m.request
	if not resume then
		resume = {
			number = m.number, time = m.time, octets = m.octets, length = m.length,
			count = m.count, epoch = m.epoch, eea = m.eea, eia = m.eia,
			offered = m.offered, senders = {},
		}
		sa.resumes[m.count], m.request = resume, resume
		if m.rand then
			sa.rands[m.rand] = resume
		end
		if not sa.newest or m.count > sa.newest.count then
			sa.newest, sa.rekey = resume, nil
		end
	end
	if resume.octets == m.octets then
		resume.senders[m.device] = true
	end
end

local function learn_downlink(m)
	local sa, request = m.sa, m.request
	sa.heard = { number = m.number, time = m.time, unanswered = 0 }
	if m.type == DATA then
		sa.rekey = m.rekey and m.number or sa.rekey
	elseif request then
		request.answer = request.answer or m.number
		if m.type == RESUMED then
			request.resumed = request.resumed or m.number
			if not sa.in_force or request.count > sa.in_force.count then
				sa.in_force = request
			end
		end
	end
end

local function learn(m)
	if m.sa.t == nil then
		m.sa.t = m.t
	end
	m.agreed.algorithms = m.agreed.algorithms or m.eea * 16 + m.eia
	if m.type == RESUME then
		learn_resume(m)
	elseif m.direction == DOWNLINK then
		learn_downlink(m)
	elseif m.sa.heard and not m.repeated then
		m.sa.heard.unanswered = m.sa.heard.unanswered + 1
	end
	if m.place and not m.in_epoch.used[m.place] then
		m.in_epoch.used[m.place] = { number = m.number, octets = m.octets }
	end
end

local NOTHING = { found = {} }

-- What is known of a message for good: the rules it breaks, and the frames it belongs to. Most
-- messages are DATA of which there is nothing to keep.
local function judgement(found, request, earlier)
	if #found > 0 or request or earlier then
		return { found = found, request = request, earlier = earlier }
	end
end

local function judge_sdt(m)
	local found = {}
	if check(SDT_FORM, m, found) and m.gateway then
		recall(m)
		check(SDT_REUSE, m, found)
		check(SDT_SEQUENCE, m, found)
		learn(m)
	end
	return judgement(found, m.request, m.earlier)
end

local function judge_core(m)
	local found = {}
	if check(CORE_FORM, m, found) then
		m.request = refusable[m.echo]
		check(CORE_SEQUENCE, m, found)
		if m.type == MT or m.type == MT_GROUP then
			refusable[m.echo] = m.number
		end
	end
	return judgement(found, m.type == REFUSED and m.request)
end

-- Dissection --------------------------------------------------------------------------------------

-- The part of a field that the capture holds, nil where it holds none.
local function captured(tvb, offset, length)
	length = math.min(length, tvb:len() - offset)
	return length > 0 and tvb(offset, length) or nil
end

local function add_bits(tree, tvb, rows, m)
	for _, row in ipairs(rows) do
		local range = tvb(row.octet, row.octets)
		local value = range:bitfield(row.bit, row.bits)
		if row.bits == 1 then
			value = value == 1
		end
		m[row.name] = value
		m.items[row.name] = tree:add(row.field, range)
	end
end

-- A rule named after a field is shown at that field.
local function add_findings(root, m, found)
	for _, finding in ipairs(found) do
		local rule, text = finding.rule, finding.rule.text
		if finding.number then
			text = ("%s, frame %d"):format(text, finding.number)
		end
		(m.items[rule.name] or root):add_proto_expert_info(rule.expert, text)
	end
end

-- Of a message that the snap length cut, only the octets captured are ever compared.
local function new_message(tvb, pinfo)
	return {
		number = pinfo.number, time = pinfo.rel_ts,
		length = tvb:reported_len(), octets = tvb:raw(), items = {},
	}
end

-- By port; where that does not tell (both are the gateway's, or "Decode as"), by type.
local BY_TYPE = { [RESUME] = UPLINK, [RESUMED] = DOWNLINK, [SYNC] = DOWNLINK }

local function add_direction(tree, m, pinfo)
	local up, down = pinfo.dst_port == sdt.prefs.port, pinfo.src_port == sdt.prefs.port
	if up == down then
		m.direction = BY_TYPE[m.type]
	else
		m.direction = up and UPLINK or DOWNLINK
	end
	local source, destination = tostring(pinfo.src), tostring(pinfo.dst)
	if m.direction == UPLINK then
		m.gateway, m.device = destination, source .. " " .. pinfo.src_port
	elseif m.direction == DOWNLINK then
		m.gateway, m.device = source, destination .. " " .. pinfo.dst_port
	end
	if m.direction then
		tree:add(SDT_GENERATED.direction, m.direction):set_generated()
	end
end

local function add_capabilities(item, range, m)
	local offered = { items = m.items }
	add_bits(item, range:tvb(), CAPABILITIES, offered)
	m.offered, m.zero = offered, offered.zero
end

local function add_body(tree, tvb, m)
	local parts = body(m)
	local rest = m.length - SDT_HEADER_LEN
	for _, part in ipairs(parts) do
		rest = rest - (part[2] or 0)
	end
	m.payload, m.offered = rest, {}
	if rest < 0 then
		return
	end
	local offset = SDT_HEADER_LEN
	for _, part in ipairs(parts) do
		local name, length = part[1], part[2] or rest
		local range = captured(tvb, offset, length)
		if range then
			m.items[name] = tree:add(SDT_BODY[name], range)
		end
		if range and name == "capabilities" then
			add_capabilities(m.items[name], range, m)
		elseif range and name == "rand" then
			m.rand = range:raw()
		end
		offset = offset + length
	end
	tree:add(SDT_GENERATED.length, rest):set_generated()
end

local function add_links(tree, m, known)
	local resume, earlier = known.request, known.earlier
	if earlier and earlier.number ~= m.number then
		tree:add(SDT_GENERATED.repeats, earlier.number):set_generated()
	end
	if resume and m.type == RESUME and resume.answer then
		tree:add(SDT_GENERATED.response, resume.answer):set_generated()
	elseif resume and m.type ~= RESUME then
		local seconds = m.time - resume.time
		local whole = math.floor(seconds)
		local elapsed = NSTime.new(whole, math.floor((seconds - whole) * 1e9 + 0.5))
		tree:add(SDT_GENERATED.request, resume.number):set_generated()
		tree:add(SDT_GENERATED.response_time, elapsed):set_generated()
	end
end

local function flags(m, names)
	local set = {}
	for _, name in ipairs(names) do
		if m[name] then
			set[#set + 1] = name:upper()
		end
	end
	return #set > 0 and " [" .. table.concat(set, ", ") .. "]" or ""
end

local function sdt_info(m)
	local where = ("Count %d"):format(m.count)
	if m.type == DATA then
		where = ("epoch %d, COUNT %d"):format(m.epoch, m.count)
	end
	local data = m.type ~= SYNC and m.payload >= 0 and (", %d octets"):format(m.payload) or ""
	return ("%s %s, key id %d, %s, bearer %d, EEA%d/EIA%d%s%s"):format(
		DIRECTIONS[m.direction] or "?", SDT_TYPES[m.type], m.key_id, where, m.bearer,
		m.eea, m.eia, data, flags(m, { "end", "rekey" }))
end

-- Each frame is judged once; what an ICMP error quotes was judged when it was sent.
local function judgement_of(m, pinfo, judge)
	if pinfo.in_error_pkt then
		return NOTHING
	end
	if not pinfo.visited then
		judged[m.number] = judge(m)
	end
	return judged[m.number] or NOTHING
end

function sdt.dissector(tvb, pinfo, tree)
	local root = tree:add(sdt, tvb())
	local m = new_message(tvb, pinfo)
	local info = "cut short"
	pinfo.cols.protocol = "SDT"

	if tvb:len() >= SDT_HEADER_LEN then
		add_bits(root, tvb, SDT_HEADER, m)
		info = ("version %d, type %d"):format(m.version, m.type)
		if m.version == VERSION and SDT_TYPES[m.type] then
			add_direction(root, m, pinfo)
			add_body(root, tvb, m)
			info = sdt_info(m)
			root:append_text(", " .. info)
		end
	end
	pinfo.cols.info = info

	if m.version or m.length < SDT_HEADER_LEN then
		local known = judgement_of(m, pinfo, judge_sdt)
		add_findings(root, m, known.found)
		add_links(root, m, known)
	end
end

local function core_info(m)
	local what, who = CORE_TYPES[m.type], imsi_digits(m.tbcd or "")
	if m.type == REFUSED then
		what = ("%s (%s)"):format(what, REASONS[m.reason] or m.reason)
	end
	if who then
		what = ("%s, IMSI %s"):format(what, who)
	end
	return ("%s, key id %d, bearer %d, %d octets%s"):format(
		what, m.key_id, m.bearer, m.payload, flags(m, { "hold", "early" }))
end

local function add_core_body(tree, tvb, m)
	m.payload = m.length - CORE_HEADER_LEN
	local imsi = captured(tvb, 8, 8)
	if imsi and imsi:len() == 8 then
		m.tbcd = imsi:bytes():tohex(true):gsub("(.)(.)", "%2%1")
		m.items.imsi = tree:add(CORE_FIELDS.imsi, imsi, imsi_digits(m.tbcd) or m.tbcd)
		m.echo = ("%d %d %s"):format(m.bearer, m.key_id, m.tbcd)
	end
	local payload = captured(tvb, CORE_HEADER_LEN, m.payload)
	if payload then
		tree:add(CORE_FIELDS.payload, payload)
	end
	tree:add(CORE_FIELDS.length, m.payload):set_generated()
end

function core.dissector(tvb, pinfo, tree)
	local root = tree:add(core, tvb())
	local m = new_message(tvb, pinfo)
	local info = "cut short"
	pinfo.cols.protocol = "MTC core"

	if tvb:len() >= CORE_HEADER_LEN then
		add_bits(root, tvb, CORE_HEADER, m)
		info = ("version %d, type %d"):format(m.version, m.type)
		if m.version == VERSION and CORE_TYPES[m.type] then
			add_core_body(root, tvb, m)
			info = core_info(m)
			root:append_text(", " .. info)
		end
	end
	pinfo.cols.info = info

	if m.version or m.length < CORE_HEADER_LEN then
		local known = judgement_of(m, pinfo, judge_core)
		add_findings(root, m, known.found)
		if known.request then
			root:add(CORE_FIELDS.request, known.request):set_generated()
		end
	end
end

-- Registration ------------------------------------------------------------------------------------

local function declare(proto, layouts, fields, lists)
	local all, experts = {}, {}
	for _, rows in ipairs(layouts) do
		for _, row in ipairs(rows) do
			all[#all + 1] = row.field
		end
	end
	for _, group in ipairs(fields) do
		for _, field in pairs(group) do
			all[#all + 1] = field
		end
	end
	for _, list in ipairs(lists) do
		for _, rule in ipairs(list) do
			experts[#experts + 1] = rule.expert
		end
	end
	proto.fields, proto.experts = all, experts
end

-- Follows the preference; port 0 is for none.
local function listen(proto, port, label)
	local ports, current = DissectorTable.get("udp.port"), 0
	proto.prefs.port = Pref.uint(label, port, "UDP port")
	local function follow()
		if current ~= 0 then
			ports:remove(current, proto)
		end
		current = proto.prefs.port
		if current ~= 0 then
			ports:add(current, proto)
		end
	end
	proto.prefs_changed = follow
	follow()
end

declare(sdt, { SDT_HEADER, CAPABILITIES }, { SDT_BODY, SDT_GENERATED },
	{ SDT_FORM, SDT_REUSE, SDT_SEQUENCE })
declare(core, { CORE_HEADER }, { CORE_FIELDS }, { CORE_FORM, CORE_SEQUENCE })
sdt.init = forget
listen(sdt, 33868, "Access port of the gateway")
listen(core, 29128, "Core port")
