package nginxroute

import "strings"

// builtinNames are nginx's own variables, besides those of a prefix. Source: nginx.org/en/docs/varindex.html.
func builtinNames() string {
	return " ancient_browser arg_ args binary_remote_addr body_bytes_sent bytes_received bytes_sent connection" +
		" connection_requests connection_time connections_active connections_reading connections_waiting" +
		" connections_writing content_length content_type date_gmt date_local document_root document_uri" +
		" fastcgi_path_info fastcgi_script_name geoip_city geoip_city_country_code geoip_country_code geoip_country_name" +
		" gzip_ratio host hostname http2 http3 https invalid_referer is_args is_request_port limit_conn_status limit_rate" +
		" limit_req_status memcached_key modern_browser msec msie nginx_version pid pipe proxy_add_x_forwarded_for" +
		" proxy_host proxy_port proxy_protocol_addr proxy_protocol_port proxy_protocol_server_addr" +
		" proxy_protocol_server_port query_string quic realip_remote_addr realip_remote_port realpath_root remote_addr" +
		" remote_port remote_user request request_body request_body_file request_completion request_filename request_id" +
		" request_length request_method request_port request_time request_uri scheme secure_link secure_link_expires" +
		" server_addr server_name server_port server_protocol slice_range ssl_alpn_protocol ssl_cipher ssl_ciphers" +
		" ssl_client_cert ssl_client_escaped_cert ssl_client_fingerprint ssl_client_i_dn ssl_client_i_dn_legacy" +
		" ssl_client_raw_cert ssl_client_s_dn ssl_client_s_dn_legacy ssl_client_serial ssl_client_v_end" +
		" ssl_client_v_remain ssl_client_v_start ssl_client_verify ssl_curve ssl_curves ssl_early_data ssl_protocol" +
		" ssl_server_name ssl_session_id ssl_session_reused ssl_preread_server_name status tcpinfo_rtt tcpinfo_rttvar" +
		" tcpinfo_snd_cwnd tcpinfo_rcv_space time_iso8601 time_local uid_got uid_reset uid_set upstream_addr" +
		" upstream_bytes_received upstream_bytes_sent upstream_cache_status upstream_connect_time" +
		" upstream_first_byte_time upstream_header_time upstream_last_addr upstream_queue_time upstream_response_length" +
		" upstream_response_time upstream_session_time upstream_status uri proxy_internal_body_length " +
		" proxy_internal_chunked upstream_cache_last_modified upstream_cache_etag uid "
}

func isBuiltin(name string) bool {
	for _, p := range []string{"http_", "arg_", "cookie_", "sent_http_", "sent_trailer_", "upstream_http_",
		"upstream_trailer_", "upstream_cookie_", "jwt_", "otel_", "geoip_", "geoip2_", "brotli_", "ssl_client_", "proxy_protocol_tlv_"} {
		if strings.HasPrefix(name, p) {
			return true
		}
	}
	return strings.Contains(builtinNames(), " "+name+" ")
}

// declare collects the variables that directives make. "set x" marks those that are empty until something sets them.
func declare(into map[string]bool, ds []*Directive) {
	put := func(s string, set bool) {
		name, ok := strings.CutPrefix(strings.ToLower(s), "$")
		if ok {
			into[name] = true
			if set {
				into["set "+name] = true
			}
		}
	}
	captures := func(re string) {
		if p, err := compile(re, false); err == nil {
			for _, n := range p.Names {
				if n != "" {
					put("$"+n, true)
				}
			}
		}
	}
	for _, d := range ds {
		switch d.Name {
		case "set":
			put(d.arg(0), true)
		case "map", "geo", "split_clients", "auth_request_set", "perl_set", "js_set", "js_var", "set_by_lua_block",
			"set_by_lua_file", "set_by_lua", "geoip2", "geoip2_proxy", "set_random", "set_md5", "keyval", "auth_jwt_claim_set":
			for _, a := range d.Args {
				put(a, false)
			}
		case "rewrite":
			captures(d.arg(0))
		case "location", "server_name", "if":
			for _, a := range d.Args {
				captures(strings.TrimSuffix(strings.TrimPrefix(a, "~"), ")"))
			}
		}
		if d.Name == "map" || d.Name == "geoip2" {
			for _, k := range d.Block {
				captures(strings.TrimPrefix(strings.TrimPrefix(k.Name, "~"), "*"))
				put(k.Name, false)
			}
			continue
		}
		declare(into, d.Block)
	}
}

// variables finds names that nothing declares, which nginx refuses at its start, and template variables left unset.
// A module that is not known may declare any, so unknown directives silence the search.
func (b *builder) variables(ds []*Directive) {
	if hasUnknownModule(ds) {
		return
	}
	b.walkVariables(ds)
}

func hasUnknownModule(ds []*Directive) bool {
	for _, d := range ds {
		if d.Name == "load_module" || d.Name == unreadInclude && !harmlessInclude(d.arg(0)) {
			return true
		}
		if mapLike(d.Name) || d.Name == unreadInclude {
			continue
		}
		if !isKnown(d.Name) || strings.Contains(d.Name, "_by_lua") || hasUnknownModule(d.Block) {
			return true
		}
	}
	return false
}

func (b *builder) walkVariables(ds []*Directive) {
	for _, d := range ds {
		switch d.Name {
		case "proxy_pass", "set", "rewrite", "return", "if", "try_files", "proxy_set_header", "root", "alias", "add_header",
			"listen", "fastcgi_pass", "uwsgi_pass", "grpc_pass", "error_page", "proxy_redirect":
			b.argVariables(d)
		}
		if !mapLike(d.Name) {
			b.walkVariables(d.Block)
		}
	}
}

func (b *builder) argVariables(d *Directive) {
	for i, a := range d.Args {
		if d.Name == "rewrite" && i == 0 || d.Name == "if" && i == 2 || d.Name == "listen" && !strings.HasPrefix(a, "$") {
			continue // a regular expression; listen has no variables
		}
		a = strings.Trim(a, "()")
		ps, err := parts(a)
		if err != nil {
			if d.Name != "if" {
				b.fail(d.at(i), "%v", err)
			}
			continue
		}
		for _, p := range ps {
			if p.name != "" && !b.c.declared[p.name] && !isBuiltin(p.name) {
				b.fail(d.at(i), "unknown %q variable: nothing sets it, or the template's variable %s has no value in the container's environment",
					p.name, strings.ToUpper(p.name))
			}
		}
	}
}
